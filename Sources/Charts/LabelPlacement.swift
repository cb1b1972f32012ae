/// Finds places for names.
enum LabelPlacement {
  /// Where a name is put, and the line that leads to it from its point where it is not beside it.
  struct Found {
    let box: Box
    let leader: (from: Point, to: Point)?

    /// Whether a reader sees at once which point is meant.
    var isNear: Bool {
      guard let leader else { return true }
      return max((leader.to.x - leader.from.x).magnitude, (leader.to.y - leader.from.y).magnitude) <= 40
    }
  }

  /// Heights as near to those wanted as can be, in their order, no two nearer than a gap, within a range if they fit in it.
  static func spread(_ wanted: [Double], gap: Double, within range: ClosedRange<Double>) -> [Double] {
    let order = wanted.indices.sorted { (wanted[$0], $0) < (wanted[$1], $1) }
    var heights = wanted
    var free = range.lowerBound
    for index in order {
      heights[index] = max(wanted[index], free)
      free = heights[index] + gap
    }
    var limit = max(range.upperBound, range.lowerBound + gap * Double(wanted.count - 1))
    for index in order.reversed() {
      heights[index] = min(heights[index], limit)
      limit = heights[index] - gap
    }
    return heights
  }

  /// A place for each name around its point, in their order: no name lies on an obstacle, on another or on a line that leads to
  /// another, and no line crosses a name.
  static func around(
    _ points: [Point], sizes: [(width: Double, height: Double)], obstacles: [Box], within limits: Box
  ) -> [Found] {
    var taken = obstacles
    var labels: [Box] = []
    return zip(points, sizes).map { point, size in
      let box = free(beside: point, width: size.width, height: size.height, taken: taken, labels, within: limits)
      let found = Found(box: box, leader: leader(from: point, to: box))
      labels.append(box)
      taken.append(box)
      if let leader = found.leader { taken += steps(leader.from, leader.to) }
      return found
    }
  }

  /// The line from a point to the nearest one of a box; nil where the box is beside the point.
  private static func leader(from point: Point, to box: Box) -> (from: Point, to: Point)? {
    let nearest = Point(min(max(point.x, box.x), box.maxX), min(max(point.y, box.y), box.maxY))
    let isBeside = (nearest.x - point.x).magnitude <= 12 && (nearest.y - point.y).magnitude <= 12
    return isBeside ? nil : (from: point, to: nearest)
  }

  /// A line as small boxes along it.
  static func steps(_ from: Point, _ to: Point) -> [Box] {
    let length = max((to.x - from.x).magnitude, (to.y - from.y).magnitude)
    let count = max(1, Int(length / 3))
    return (0...count).map { step in
      let share = Double(step) / Double(count)
      return Box(from.x + (to.x - from.x) * share - 1, from.y + (to.y - from.y) * share - 1, 2, 2)
    }
  }

  /// The place beside a point, nearest first, that overlaps nothing taken, lies within limits and is reached without crossing a
  /// label; below everything where there is none.
  private static func free(
    beside point: Point, width: Double, height: Double, taken: [Box], _ labels: [Box], within limits: Box
  ) -> Box {
    for distance in [8.0, 14, 22, 32, 44, 58, 74, 92, 112, 134, 158, 184, 212, 242, 274, 308] {
      for (right, down) in [
        (1.0, 0.0), (-1.0, 0.0), (0.0, -1.0), (0.0, 1.0), (0.7, -0.7), (0.7, 0.7), (-0.7, -0.7), (-0.7, 0.7),
        (0.9, -0.4), (0.9, 0.4), (-0.9, -0.4), (-0.9, 0.4), (0.4, -0.9), (0.4, 0.9), (-0.4, -0.9), (-0.4, 0.9),
      ] {
        let x = point.x + right * distance + (right > 0.3 ? 0 : right < -0.3 ? -width : -width / 2)
        let y = point.y + down * distance - height / 2
        let box = Box(x, y, width, height)
        guard limits.contains(box), !taken.contains(where: { $0.overlaps(box) }) else { continue }
        guard let leader = leader(from: point, to: box) else { return box }
        let path = steps(leader.from, leader.to).dropLast()
        if !path.contains(where: { step in labels.contains { $0.overlaps(step) } }) { return box }
      }
    }
    let below = max(limits.maxY + 44, taken.map(\.maxY).max() ?? 0)
    return Box(min(point.x, limits.maxX - width), below, width, height)
  }
}
