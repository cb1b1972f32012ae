@preconcurrency import Glibc

/// What a short program prints: for facts that only another program on the machine knows.
package enum ProgramOutput {
  /// The standard output of a program found in PATH, without white space at its ends; nil if it cannot be started, fails, says
  /// nothing, or takes longer than the seconds given.
  package static func of(_ arguments: [String], seconds: Int = 10) -> String? {
    guard let program = arguments.first else { return nil }
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { return nil }
    defer { close(ends[0]) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    var words = arguments.map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var process: pid_t = 0
    let started = posix_spawnp(&process, program, &actions, nil, &words, environ)
    close(ends[1])
    if started != 0 { return nil }
    var output: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    var isDone = false
    for _ in 0..<(seconds * 10) {
      var watched = pollfd(fd: ends[0], events: Int16(POLLIN), revents: 0)
      if poll(&watched, 1, 100) <= 0 { continue }
      let count = read(ends[0], &buffer, buffer.count)
      if count <= 0 {
        isDone = true
        break
      }
      output += buffer.prefix(count)
      if output.count > 1 << 20 { break }
    }
    if !isDone { kill(process, SIGKILL) }
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    let text = PythonText.stripped(String(decoding: output, as: UTF8.self))
    return isDone && status == 0 && !text.isEmpty ? text : nil
  }
}
