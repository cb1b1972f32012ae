import CKernels
import Support

/// What the machine can do at best, measured: to judge by how far a computation is from it.
package struct MachineSpeed: Sendable {
  /// Bytes per second that all threads of a pool read from memory together.
  package let readBytesPerSecond: Double
  /// Multiply-adds per second of all threads together, on registers, with activations of one form.
  package let multiplyAddsPerSecond: Double

  /// Measures for about half a second; the best of several attempts counts, since others may use the machine too.
  package static func measure(on pool: WorkerPool, form: ActivationForm) throws(BenchmarkError) -> MachineSpeed {
    let bytesPerThread = 128 << 20
    let memory = try FloatBuffer(count: pool.threadCount * bytesPerThread / MemoryLayout<Float>.stride)
    let start = UnsafeMutableRawPointer(memory.start)
    pool.run { thread, threads in
      // Pages that were never written may all be the same one.
      for part in WorkerPool.share(of: pool.threadCount, thread: thread, count: threads) {
        (start + part * bytesPerThread).initializeMemory(as: UInt8.self, repeating: 1, count: bytesPerThread)
      }
    }
    let reading = best(of: 8) {
      pool.run { thread, threads in
        for part in WorkerPool.share(of: pool.threadCount, thread: thread, count: threads) {
          _ = gbk_read_memory(start + part * bytesPerThread, bytesPerThread)
        }
      }
    }
    let rounds = 2_000_000
    let multiplying = best(of: 5) {
      pool.run { thread, threads in
        for _ in WorkerPool.share(of: pool.threadCount, thread: thread, count: threads) {
          switch form {
          case .float32: _ = Kernels.best.peak(rounds)
          case .int8: _ = Kernels.packed.peak(rounds)
          case .bfloat16: _ = Kernels.bf16.peak(rounds)
          }
        }
      }
    }
    let perSum = form == .int8 ? 64 : form == .bfloat16 ? 32 : 16
    let threads = Double(pool.threadCount)
    return MachineSpeed(
      readBytesPerSecond: threads * Double(bytesPerThread) / reading,
      multiplyAddsPerSecond: threads * Double(rounds * Int(GBK_PEAK_SUMS) * perSum) / multiplying)
  }

  /// Weights per second that all threads of a pool convert from blocks to float32 together: Q4_K's stand for all types.
  package static func decodedWeightsPerSecond(on pool: WorkerPool) throws(BenchmarkError) -> Double {
    let type = ElementType.q4_k
    let columns = 16 * type.blockLength
    let rows = 64
    let threads = pool.threadCount
    let blocks = try FloatBuffer(count: (rows * columns / type.blockLength * type.blockBytes + 3) / 4)
    let decoded = try FloatBuffer(count: threads * columns)
    let source = UnsafeRawPointer(blocks.start)
    let seconds = best(of: 5) {
      pool.run { thread, threads in
        for part in WorkerPool.share(of: pool.threadCount, thread: thread, count: threads) {
          for row in 0..<rows {
            _ = gbk_dequantize(
              type.rawValue, source + row * (columns / type.blockLength) * type.blockBytes,
              decoded.start + part * columns, columns)
          }
        }
      }
    }
    return Double(threads * rows * columns) / seconds
  }

  /// The shortest time of several calls, in seconds.
  private static func best(of attempts: Int, _ body: () -> Void) -> Double {
    var least = Double.infinity
    for _ in 0..<attempts {
      let start = Clock.seconds()
      body()
      least = min(least, Clock.seconds() - start)
    }
    return max(least, 1e-9)
  }
}
