import Glibc

/// Runs work that recurses on a thread with a stack of its own: the host's threads may have small ones.
enum DeepStack {
  private static let stackBytes = 64 << 20

  private struct Job {
    let work: () -> Void
  }

  /// The result of work done on the thread, waited for; on the caller's own where no thread can be had.
  static func run<Result>(_ work: () -> Result) -> Result {
    var result: Result?
    withoutActuallyEscaping({ result = work() }) { body in
      // The thread is joined before this frame ends, so the pointer to the job stays good.
      var job = Job(work: body)
      withUnsafeMutablePointer(to: &job) { start($0) }
    }
    return result!
  }

  private static func start(_ job: UnsafeMutablePointer<Job>) {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setstacksize(&attributes, stackBytes)
    var thread = pthread_t()
    let status = pthread_create(
      &thread, &attributes,
      { pointer in
        pointer?.assumingMemoryBound(to: Job.self).pointee.work()
        return nil
      }, job)
    pthread_attr_destroy(&attributes)
    if status == 0 { pthread_join(thread, nil) } else { job.pointee.work() }
  }
}
