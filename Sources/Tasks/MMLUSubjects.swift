import Evaluation

/// The subjects of MMLU and the groups they are reported in.
///
/// The four categories are those of the authors (Hendrycks et al., "Measuring Massive Multitask Language
/// Understanding", ICLR 2021), as lm-evaluation-harness groups them. `mathematics` is ours: the five subjects that are
/// mathematics by name.
enum MMLUSubjects {
  static let stem = [
    "abstract_algebra", "anatomy", "astronomy", "college_biology", "college_chemistry", "college_computer_science",
    "college_mathematics", "college_physics", "computer_security", "conceptual_physics", "electrical_engineering",
    "elementary_mathematics", "high_school_biology", "high_school_chemistry", "high_school_computer_science",
    "high_school_mathematics", "high_school_physics", "high_school_statistics", "machine_learning",
  ]
  static let humanities = [
    "formal_logic", "high_school_european_history", "high_school_us_history", "high_school_world_history",
    "international_law", "jurisprudence", "logical_fallacies", "moral_disputes", "moral_scenarios", "philosophy",
    "prehistory", "professional_law", "world_religions",
  ]
  static let socialSciences = [
    "econometrics", "high_school_geography", "high_school_government_and_politics", "high_school_macroeconomics",
    "high_school_microeconomics", "high_school_psychology", "human_sexuality", "professional_psychology",
    "public_relations", "security_studies", "sociology", "us_foreign_policy",
  ]
  static let other = [
    "business_ethics", "clinical_knowledge", "college_medicine", "global_facts", "human_aging", "management",
    "marketing", "medical_genetics", "miscellaneous", "nutrition", "professional_accounting", "professional_medicine",
    "virology",
  ]
  static let mathematics = [
    "abstract_algebra", "college_mathematics", "elementary_mathematics", "high_school_mathematics",
    "high_school_statistics",
  ]

  /// The 57 subjects in alphabetical order.
  static let all = (stem + humanities + socialSciences + other).sorted()

  /// The authors' four areas with their subjects, as charts name them; every subject is in one.
  static let areas = [
    SampleGroup(title: "Humanities", subjects: humanities),
    SampleGroup(title: "Social sciences", subjects: socialSciences), SampleGroup(title: "STEM", subjects: stem),
    SampleGroup(title: "Other", subjects: other),
  ]

  /// The groups by name, `all` first.
  static let groups: [(name: String, subjects: [String])] = [
    ("all", all), ("stem", stem), ("humanities", humanities), ("social_sciences", socialSciences), ("other", other),
    ("mathematics", mathematics),
  ]

  /// The names that can be asked for.
  static let subsets = groups.map(\.name) + all

  /// The subjects of a group, or the one subject; nil for an unknown name.
  static func subjects(of subset: String) -> [String]? {
    groups.first { $0.name == subset }?.subjects ?? (all.contains(subset) ? [subset] : nil)
  }

  /// The subjects that a subset means where the data folder holds the files of `present`; nil for an unknown name.
  ///
  /// A folder with none of the 57 holds questions of somebody's own in MMLU's layout: `all` is then all of those.
  static func subjects(of subset: String, present: [String]) -> [String]? {
    if subset == "all", isOwn(present) { return present }
    return subjects(of: subset) ?? (present.contains(subset) ? [subset] : nil)
  }

  /// Whether the files are of subjects that are all not MMLU's.
  static func isOwn(_ present: [String]) -> Bool { !present.isEmpty && !present.contains { all.contains($0) } }
}
