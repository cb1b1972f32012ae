@preconcurrency import Glibc

/// Keeps two signals from killing the host while a download runs: a connection that the other side closed (SIGPIPE) and
/// a file beyond the process's limit (SIGXFSZ) are errors to report, not ends of the process.
enum SignalGuard {
  /// Runs a body with both signals blocked on this thread; those that the body caused are taken away again.
  static func run<Value, Failure: Error>(_ body: () throws(Failure) -> Value) throws(Failure) -> Value {
    var guarded = sigset_t()
    var before = sigset_t()
    var pending = sigset_t()
    sigemptyset(&guarded)
    for signal in [SIGPIPE, SIGXFSZ] { sigaddset(&guarded, signal) }
    sigpending(&pending)
    pthread_sigmask(SIG_BLOCK, &guarded, &before)
    defer {
      var ours = sigset_t()
      sigemptyset(&ours)
      for signal in [SIGPIPE, SIGXFSZ] where sigismember(&pending, signal) == 0 { sigaddset(&ours, signal) }
      var now = timespec()
      while sigtimedwait(&ours, nil, &now) > 0 {}
      pthread_sigmask(SIG_SETMASK, &before, nil)
    }
    return try body()
  }
}
