@preconcurrency import Glibc

/// A program that answers lines with lines over a socket, its descriptor 3, for as long as it is needed.
///
/// It has a process group of its own, nothing on its standard input, and default signals; it and what it started are stopped
/// with the last reference to it. It is of one thread at a time.
package final class LineProgram {
  package enum Fault: Error, Equatable {
    case tooSlow
    case tooLong
    /// What came of it: "ended with status 3".
    case ended(String)
  }

  private let process: pid_t
  private let channel: Int32
  private let messages: Int32
  private var isReaped = false
  private var read: [UInt8] = []
  /// How much of `read` holds no end of a line.
  private var scanned = 0

  /// Starts a program found in PATH.
  ///
  /// Errors: it cannot be started.
  /// - Parameter environment: all variables that it has, as NAME=VALUE.
  package init(_ arguments: [String], environment: [String]) throws(BenchmarkError) {
    let program = arguments.first ?? ""
    func failure() -> BenchmarkError {
      BenchmarkError(.inputOutput, "\(program) cannot be started: \(String(cString: strerror(errno)))")
    }
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    var spoken: [Int32] = [-1, -1]
    var told: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, kind, 0, &spoken) == 0 else { throw failure() }
    guard socketpair(AF_UNIX, kind, 0, &told) == 0 else {
      for end in spoken { close(end) }
      throw failure()
    }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, told[1], 1)
    posix_spawn_file_actions_adddup2(&actions, told[1], 2)
    posix_spawn_file_actions_adddup2(&actions, spoken[1], 3)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    var words = arguments.map { strdup($0) } + [nil]
    var variables = environment.map { strdup($0) } + [nil]
    defer { for word in words + variables { free(word) } }
    var process: pid_t = 0
    let status = posix_spawnp(&process, program, &actions, &attributes, &words, &variables)
    close(spoken[1])
    close(told[1])
    channel = spoken[0]
    messages = told[0]
    self.process = process
    if status != 0 {
      isReaped = true
      errno = status
      throw failure()
    }
  }

  deinit {
    stop()
    close(channel)
    close(messages)
  }

  /// Stops the program and what it started.
  package func stop() {
    if isReaped { return }
    // Before its number is free for another.
    kill(-process, SIGKILL)
    kill(process, SIGKILL)
    _ = reap()
  }

  /// Waits for the end of the process, and says what it was.
  private func reap() -> String {
    isReaped = true
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 {
      // The host leaves its children to the system, or has waited for all of them.
      if errno != EINTR { return "ended" }
    }
    let signal = status & 0x7f
    if signal == 0 { return "ended with status \((status >> 8) & 0xff)" }
    return "was ended by signal \(signal) (\(String(cString: strsignal(signal))))"
  }

  /// What came of a process that is gone; nil while it is there.
  private func ending() -> String? {
    if isReaped { return "ended" }
    var facts = siginfo_t()
    let found = waitid(P_PID, id_t(process), &facts, WEXITED | WNOHANG | WNOWAIT)
    if found == 0, facts.si_signo == 0 { return nil }
    if found < 0, errno == EINTR { return nil }
    kill(-process, SIGKILL)
    return reap()
  }

  /// Waits until the channel can be read, or written; a process that ends meanwhile is found out.
  private func wait(_ event: Int32, until deadline: Double) throws(Fault) {
    while true {
      var watched = pollfd(fd: channel, events: Int16(event), revents: 0)
      let left = deadline - Clock.seconds()
      if left <= 0 { throw .tooSlow }
      if poll(&watched, 1, Int32(min(left * 1000 + 1, 200))) > 0 { return }
      // Another process may hold the channel open.
      if let ending = ending() { throw .ended(ending) }
    }
  }

  /// What is said where the channel is closed: the process may take a moment to be gone.
  private func end() -> Fault {
    for _ in 0..<100 {
      if let ending = ending() { return .ended(ending) }
      usleep(10_000)
    }
    return .ended("closed its channel")
  }

  /// Sends a line, without its end.
  package func send(_ line: [UInt8], until deadline: Double) throws(Fault) {
    if isReaped { throw .ended("ended") }
    let bytes = line + [UInt8(ascii: "\n")]
    var start = 0
    while start < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.send(channel, $0.baseAddress! + start, bytes.count - start, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
      }
      if count >= 0 {
        start += count
      } else if errno == EAGAIN || errno == EWOULDBLOCK {
        try wait(POLLOUT, until: deadline)
      } else if errno != EINTR {
        throw end()
      }
    }
  }

  /// The next line, without its end.
  package func line(until deadline: Double, atMost limit: Int) throws(Fault) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      if let end = read[scanned...].firstIndex(of: UInt8(ascii: "\n")) {
        let line = Array(read[..<end])
        read.removeSubrange(...end)
        scanned = 0
        return line
      }
      scanned = read.count
      if read.count > limit { throw .tooLong }
      try wait(POLLIN, until: deadline)
      let count = recv(channel, &buffer, buffer.count, Int32(MSG_DONTWAIT))
      if count > 0 {
        read += buffer.prefix(count)
      } else if count == 0 || errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR {
        throw end()
      }
    }
  }

  /// What it has written to its standard output and error so far, as far as that is short.
  package func written() -> String {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = recv(messages, &buffer, buffer.count, Int32(MSG_DONTWAIT))
    return PythonText.stripped(String(decoding: buffer.prefix(max(count, 0)), as: UTF8.self))
  }
}
