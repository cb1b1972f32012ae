@preconcurrency import Glibc
import Support
import Synchronization

/// The message of the last failure of each thread, as `gb_last_error` hands it out.
enum LastError {
  /// Thread-local storage; the system frees a thread's message when the thread ends.
  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    pthread_key_create(&key) { free($0) }
    return key
  }()

  private static let empty = CText("")

  static func set(_ message: String) {
    free(pthread_getspecific(key))
    pthread_setspecific(key, strdup(message))
  }

  static var message: UnsafePointer<CChar>? {
    guard let stored = pthread_getspecific(key) else { return empty.pointer }
    return UnsafePointer(stored.assumingMemoryBound(to: CChar.self))
  }
}
