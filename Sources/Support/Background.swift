@preconcurrency import Glibc
import Synchronization

/// Work on a thread of its own, while the caller does something else; `value` waits for it, and so does the end of this
/// object's life.
public final class Background<Value: Sendable>: @unchecked Sendable {
  private let job: Job
  private var thread: pthread_t?

  /// The work and what came of it; held by both threads.
  private final class Job: RunnableJob, @unchecked Sendable {
    let body: @Sendable () throws(BenchmarkError) -> Value
    var result: Result<Value, BenchmarkError>?

    init(_ body: @escaping @Sendable () throws(BenchmarkError) -> Value) { self.body = body }

    override func run() {
      do throws(BenchmarkError) { result = .success(try body()) } catch { result = .failure(error) }
    }
  }

  /// Begins at once; where no thread can be had, `value` does the work.
  public init(_ body: @escaping @Sendable () throws(BenchmarkError) -> Value) {
    job = Job(body)
    let context = Unmanaged<RunnableJob>.passRetained(job)
    // A host's signals stay with the host's threads.
    var all = sigset_t()
    var before = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_SETMASK, &all, &before)
    var made = pthread_t()
    let status = pthread_create(
      &made, nil,
      { context in
        Unmanaged<RunnableJob>.fromOpaque(context!).takeRetainedValue().run()
        return nil
      }, context.toOpaque())
    pthread_sigmask(SIG_SETMASK, &before, nil)
    if status == 0 { thread = made } else { context.release() }
  }

  deinit { join() }

  /// What came of the work; to be called by one thread.
  public func value() throws(BenchmarkError) -> Value {
    join()
    if job.result == nil { job.run() }
    guard let result = job.result else { throw BenchmarkError(.internalError, "work that came to nothing") }
    return try result.get()
  }

  private func join() {
    guard let running = thread else { return }
    pthread_join(running, nil)
    thread = nil
  }
}

/// What a thread runs; not generic, so that it can pass through a C pointer.
private class RunnableJob {
  func run() {}
}
