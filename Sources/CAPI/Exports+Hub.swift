import CGemmaBench
import ModelHub
import Plan
import Records
import Running
import Store
import Support
import Transformer

@_cdecl("gb_pull_model") @implementation
public func gb_pull_model(
  _ out_json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ model: UnsafePointer<CChar>?,
  _ options: UnsafePointer<gb_pull_options>?
) -> gb_status {
  out_json?.pointee = nil
  return Boundary.run { () throws(BenchmarkError) in
    let out = try Boundary.require(out_json, "out_json")
    let model = try Boundary.path(model, "model")
    let options = try Options.read(options, zero: gb_pull_options(), "gb_pull_options")
    try Options.checkReserved(options.reserved, "gb_pull_options")
    var globs: [String] = []
    if options.include_count > 0 {
      let list = try Boundary.require(options.include, "gb_pull_options: include")
      for index in 0..<options.include_count { globs.append(try Boundary.text(list[index], "include[\(index)]")) }
    }
    let revision = try Boundary.optionalText(options.revision, "gb_pull_options: revision")
    let reference = try HubReference(named: model, revision: revision)
    let settings = try HubSettings.current(
      cacheFolder: try Boundary.optionalPath(options.cache_dir, "gb_pull_options: cache_dir"))
    let progress = Options.progress(options.progress, options.user_data)
    let pulled = try withoutActuallyEscaping(progress) { (progress) throws(BenchmarkError) in
      try Hub.pull(reference, settings: settings, globs: globs) { done, total in
        progress(Progress(stage: .download, message: reference.description, completed: done, total: total))
      }
    }
    Log.write(
      GB_LOG_INFO, "\(reference): commit \(pulled.commit), \(pulled.receivedBytes) bytes received, in \(pulled.path)")
    out.pointee = try Boundary.copy(pulled.json.text())
  }
}

@_cdecl("gb_resolve_model") @implementation
public func gb_resolve_model(
  _ out_path: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ model: UnsafePointer<CChar>?,
  _ cache_dir: UnsafePointer<CChar>?
) -> gb_status {
  out_path?.pointee = nil
  return Boundary.run { () throws(BenchmarkError) in
    let out = try Boundary.require(out_path, "out_path")
    let model = try Boundary.path(model, "model")
    let settings = try HubSettings.current(cacheFolder: try Boundary.optionalPath(cache_dir, "cache_dir"))
    out.pointee = try Boundary.copy(try Hub.localPath(of: model, settings: settings))
  }
}

@_cdecl("gb_cached_models") @implementation
public func gb_cached_models(
  _ out_json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ cache_dir: UnsafePointer<CChar>?
) -> gb_status {
  out_json?.pointee = nil
  return Boundary.run { () throws(BenchmarkError) in
    let out = try Boundary.require(out_json, "out_json")
    let settings = try HubSettings.current(cacheFolder: try Boundary.optionalPath(cache_dir, "cache_dir"))
    let models = try Hub.cachedModels(settings: settings)
    out.pointee = try Boundary.copy(
      JSONValue.array(models.map { $0.json(supporting: Architectures.modelTypes) }).text())
  }
}

@_cdecl("gb_hub_identity") @implementation
public func gb_hub_identity(_ out_json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> gb_status {
  out_json?.pointee = nil
  return Boundary.run { () throws(BenchmarkError) in
    let out = try Boundary.require(out_json, "out_json")
    out.pointee = try Boundary.copy(try Hub.identity(settings: .current()).json.text())
  }
}

@_cdecl("gb_fetch_data") @implementation
public func gb_fetch_data(
  _ out_json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ name: UnsafePointer<CChar>?,
  _ options_json: UnsafePointer<CChar>?, _ progress: gb_progress_callback?, _ user_data: UnsafeMutableRawPointer?
) -> gb_status {
  out_json?.pointee = nil
  return Boundary.run { () throws(BenchmarkError) in
    let out = try Boundary.require(out_json, "out_json")
    let name = try Boundary.text(name, "name")
    let options = try callOptions(options_json, of: .fetchData)
    let reference = try DataSetReference(
      name, configuration: options["config"]?.text, revision: options["revision"]?.text)
    var settings = try HubSettings.current(cacheFolder: options["cache_dir"]?.text.map(Paths.expanded))
    if options["offline"]?.flag == true { settings.isOffline = true }
    let handler = Options.progress(progress, user_data)
    let fetched = try withoutActuallyEscaping(handler) { (progress) throws(BenchmarkError) in
      try HubDataSet.fetch(reference, splits: options["split"]?.texts, freshness: .newest, settings: settings) {
        done, total in
        progress(Progress(stage: .download, message: reference.description, completed: done, total: total))
      }
    }
    for notice in fetched.notices { Log.write(GB_LOG_WARNING, notice) }
    out.pointee = try Boundary.copy(fetched.json.text())
  }
}

@_cdecl("gb_cached_data") @implementation
public func gb_cached_data(
  _ out_json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ cache_dir: UnsafePointer<CChar>?
) -> gb_status {
  out_json?.pointee = nil
  return Boundary.run { () throws(BenchmarkError) in
    let out = try Boundary.require(out_json, "out_json")
    let settings = try HubSettings.current(cacheFolder: try Boundary.optionalPath(cache_dir, "cache_dir"))
    out.pointee = try Boundary.copy(JSONValue.array(try HubDataSet.cached(settings: settings).map(\.json)).text())
  }
}
