"""Checkpoint folders as people have them: what transformers loads loads, with its result; the rest is named."""

import json
import shutil

from support import MODEL, PROMPT, FirstDayTestCase, read_safetensors, write_safetensors

EMBEDDING = "model.embed_tokens.weight"


def zeros(tensors):
    return {name: [dtype, shape, bytes(len(data))] for name, (dtype, shape, data) in tensors.items()}


class FolderTestCase(FirstDayTestCase):
    def setUp(self):
        super().setUp()
        self.model = self.copy_of_model()
        self.weights = self.model / "model.safetensors"
        self.tensors = read_safetensors(self.weights)

    def write_shards(self, tensors, count=2, index=True):
        placement = {}
        for number in range(count):
            name = f"model-{number + 1:05}-of-{count:05}.safetensors"
            part = {key: tensors[key] for key in list(tensors)[number::count]}
            write_safetensors(self.model / name, part)
            placement.update({key: name for key in part})
        if index:
            (self.model / "model.safetensors.index.json").write_text(
                json.dumps({"metadata": {"total_size": 0}, "weight_map": placement}))

    def write_json(self, name, value):
        (self.model / name).write_text(json.dumps(value))


class WeightFileTests(FolderTestCase):
    def test_a_copy_answers_as_the_model(self):
        self.assert_answers_alike(self.model)

    def test_a_single_file_goes_before_an_index_of_an_earlier_save(self):
        self.write_shards(zeros(self.tensors))
        self.assert_answers_alike(self.model)

    def test_a_single_file_goes_before_an_index_whose_shards_are_gone(self):
        self.write_shards(self.tensors)
        for shard in self.model.glob("model-0*"):
            shard.unlink()
        self.assert_answers_alike(self.model)
        (self.model / "model.safetensors.index.json").write_text("{")
        self.assert_answers_alike(self.model)

    def test_shards_are_read_where_there_is_no_single_file(self):
        self.write_shards(self.tensors)
        self.weights.unlink()
        self.assert_answers_alike(self.model)

    def test_shards_without_their_index_are_read_if_all_are_there(self):
        self.write_shards(self.tensors, 3, index=False)
        self.weights.unlink()
        self.assert_answers_alike(self.model)
        (self.model / "model-00002-of-00003.safetensors").unlink()
        self.assert_refused(self.model, "model-00002-of-00003.safetensors", "missing", "download")

    def test_missing_shards_are_counted(self):
        self.write_shards(self.tensors, 3)
        self.weights.unlink()
        (self.model / "model-00001-of-00003.safetensors").unlink()
        (self.model / "model-00003-of-00003.safetensors").unlink()
        self.assert_refused(self.model, "model-00001-of-00003.safetensors", "2 of 3 shards", "download")

    def test_weights_that_the_configuration_names_go_before_all(self):
        self.weights.rename(self.model / "other.safetensors")
        write_safetensors(self.weights, zeros(self.tensors))
        self.edit_json(self.model / "config.json", transformers_weights="other.safetensors")
        self.assert_answers_alike(self.model)

    def test_weights_of_other_formats_are_named_with_the_way_out(self):
        self.weights.unlink()
        for name, parts in {
            "pytorch_model.bin": ("pickle", "save_pretrained"),
            "pytorch_model.bin.index.json": ("pickle", "save_pretrained"),
            "model.fp16.safetensors": ("variant", "model.safetensors"),
            "consolidated.safetensors": ("authors' own form", "Hugging Face"),
            "gemma.safetensors": ("rename it to model.safetensors",),
            "flax_model.msgpack": ("Flax",), "model.weights.h5": ("Keras",), "weights.npz": ("MLX",),
            "gemma.task": ("LiteRT",), "model.ckpt": ("PyTorch",), "2b-it-sfp.sbs": ("gemma.cpp",),
        }.items():
            with self.subTest(name):
                path = self.model / name
                path.write_bytes(b"\x80\x02}q\x00.")
                try:
                    self.assert_refused(self.model, name, *parts)
                finally:
                    path.unlink()
        self.assert_refused(self.model, "no model.safetensors or model.safetensors.index.json")

    def test_a_training_run_s_folder_names_its_last_checkpoint(self):
        self.weights.unlink()
        for number in (500, 1500, 1000):
            (self.model / f"checkpoint-{number}").mkdir()
        self.assert_refused(self.model, "checkpoint-1500")

    def test_a_folder_with_only_a_processor_is_named(self):
        for path in self.model.iterdir():
            path.unlink()
        self.write_json("preprocessor_config.json", {"image_processor_type": "Gemma3ImageProcessor"})
        self.assert_refused(self.model, "processor", "not a model")


class PointerTests(FolderTestCase):
    def test_git_lfs_pointers_are_named_wherever_they_lie(self):
        pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'a' * 64}\nsize 2042280\n"
        for name in ("model.safetensors", "config.json", "tokenizer.json", "generation_config.json",
                     "tokenizer_config.json"):
            with self.subTest(name):
                shutil.copy(self.model / name, self.folder / "kept")
                (self.model / name).write_text(pointer)
                self.assert_refused(self.model, name, "Git LFS pointer", "git lfs pull")
                shutil.copy(self.folder / "kept", self.model / name)
        (self.model / "tokenizer.json").unlink()
        (self.model / "tokenizer.model").write_text(pointer)
        self.assert_refused(self.model, "tokenizer.model", "Git LFS pointer", "git lfs pull")


class BrokenFileTests(FolderTestCase):
    def test_what_lies_under_the_name_of_safetensors_is_named(self):
        for data, part in ((b"<!DOCTYPE html>\n<html></html>", "an HTML page"), (b"PK\x03\x04" + bytes(99), "zip"),
                           (b"GGUF" + bytes(99), "a GGUF file"), (b"", "too short"),
                           (self.weights.read_bytes()[:-1], "truncated"), (self.weights.read_bytes()[:99], "truncated")):
            with self.subTest(part):
                self.weights.write_bytes(data)
                self.assert_refused(self.model, "model.safetensors", part, "download")

    def test_missing_files_are_named_with_the_way_out(self):
        (self.model / "config.json").unlink()
        self.assert_refused(self.model, "config.json: missing; download it")
        (self.model / "config.json").symlink_to(self.folder / "nowhere")
        self.assert_refused(self.model, "config.json: a link to a file that is missing", "download")

    def test_malformed_configurations_are_named(self):
        for text in ("", "{", "[]", '{"model_type": 1}', '{"model_type": "gemma3_text", "quantization_config": 1}'):
            (self.model / "config.json").write_text(text)
            self.assert_refused(self.model, "config.json")


class AdapterTests(FolderTestCase):
    LORA = {"peft_type": "LORA", "base_model_name_or_path": "google/gemma-3-1b-it", "r": 8, "lora_alpha": 16}

    def write_adapter(self, configuration):
        if configuration is not None:
            self.write_json("adapter_config.json", configuration)
        name = "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight"
        write_safetensors(self.model / "adapter_model.safetensors", {name: ["F32", [8, 128], bytes(4096)]})

    def test_an_adapter_is_named_with_its_base(self):
        for path in self.model.iterdir():
            path.unlink()
        for configuration, parts in [
            (self.LORA, ("LoRA adapter of google/gemma-3-1b-it", "not a model", "merge it into google/gemma-3-1b-it")),
            ({"peft_type": "IA3"}, ("adapter (IA3)", "merge it into its base model")),
            ({"fine_tune_type": "lora", "model": "mlx/base"}, ("LoRA adapter of mlx/base",)),
            (None, ("an adapter", "not a model", "merge")),
        ]:
            self.write_adapter(configuration)
            self.assert_refused(self.model, *parts)
            (self.model / "adapter_config.json").unlink(missing_ok=True)

    def test_an_adapter_beside_a_model_is_an_error(self):
        self.write_adapter(self.LORA)
        self.assert_refused(self.model, "LoRA adapter of google/gemma-3-1b-it", "in the model's folder", "merge", "move it")
        (self.model / "adapter_config.json").unlink()
        self.assert_refused(self.model, "adapter_model.safetensors", "in the model's folder")


class QuantizedTests(FolderTestCase):
    def test_methods_are_named_before_any_weight_is_read(self):
        self.weights.write_bytes(b"never read")
        for field, settings, name in [
            ("quantization_config", {"quant_method": "gptq", "bits": 4, "group_size": 128}, "GPTQ, 4 bits"),
            ("quantization_config", {"quant_method": "awq", "bits": 4, "version": "gemm"}, "AWQ, 4 bits"),
            ("quantization_config", {"quant_method": "bitsandbytes", "load_in_4bit": True}, "bitsandbytes, 4 bits"),
            ("quantization_config", {"quant_method": "bitsandbytes", "load_in_8bit": True}, "bitsandbytes, 8 bits"),
            ("quantization_config", {"load_in_8bit": True}, "bitsandbytes, 8 bits"),
            ("quantization_config", {"quant_method": "fbgemm_fp8"}, "FBGEMM FP8"),
            ("quantization_config", {"quant_method": "compressed-tensors", "format": "nvfp4-pack-quantized",
                                     "config_groups": {"group_0": {"weights": {"num_bits": 4, "type": "float"}}}},
             "compressed-tensors (nvfp4-pack-quantized), 4 bits"),
            ("compression_config", {"format": "marlin-24"}, "compressed-tensors (marlin-24)"),
            ("quantization_config", {"quant_method": "modelopt", "quant_algo": "NVFP4"}, "ModelOpt (NVFP4)"),
            ("quantization_config", {"quant_method": "quanto", "weights": "int4"}, "Quanto"),
            ("quantization_config", {"quant_method": "hqq"}, "HQQ"),
            ("quantization_config", {"quant_method": "aqlm"}, "AQLM"),
            ("quantization_config", {"quant_method": "torchao", "quant_type": "int4_weight_only"}, "torchao"),
            ("quantization_config", {"quant_method": "gemma", "num_bits": 4}, "Gemma's packed integers, 4 bits"),
            ("quantization_config", {"quant_method": "exl3", "bits": 4.0}, "EXL3, 4 bits"),
            ("quantization_config", {"quant_method": "of-tomorrow"}, "of-tomorrow"),
            ("quantization", {"group_size": 64, "bits": 4}, "MLX, 4 bits"),
        ]:
            with self.subTest(name):
                self.edit_json(self.model / "config.json", quantization_config=None, quantization=None,
                               compression_config=None)
                self.edit_json(self.model / "config.json", **{field: settings})
                self.assert_refused(self.model, f"config.json: {field}", f"quantised by {name}", "GGUF")

    def test_methods_of_a_multimodal_configuration_and_of_older_tools_are_named(self):
        text = json.loads((self.model / "config.json").read_text())
        text["quantization_config"] = {"quant_method": "awq", "w_bit": 4}
        self.write_json("config.json", {"model_type": "gemma3", "text_config": text})
        self.assert_refused(self.model, "text_config.quantization_config", "AWQ, 4 bits")
        for name, settings, method in [
            ("quantize_config.json", {"bits": 4, "group_size": 128}, "GPTQ, 4 bits"),
            ("quant_config.json", {"w_bit": 4, "q_group_size": 128}, "AWQ, 4 bits"),
            ("hf_quant_config.json", {"quantization": {"quant_algo": "FP8"}}, "ModelOpt (FP8)"),
        ]:
            with self.subTest(name):
                self.write_json("config.json", {"model_type": "gemma3_text"})
                self.write_json(name, settings)
                self.assert_refused(self.model, name, method, "GGUF")
                (self.model / name).unlink()

    def test_settings_that_quantise_nothing_are_no_obstacle(self):
        for settings in ({}, {"quant_method": "bitsandbytes", "load_in_4bit": False, "load_in_8bit": False}):
            self.edit_json(self.model / "config.json", quantization_config=settings)
            self.assert_answers_alike(self.model)


class TensorTests(FolderTestCase):
    def write_weights(self, tensors):
        write_safetensors(self.weights, tensors)

    def embedding_as_float32(self):
        _, shape, data = self.tensors[EMBEDDING]
        return ["F32", shape, b"".join(b"\0\0" + data[at:at + 2] for at in range(0, len(data), 2))]

    def test_wrapped_names_load(self):
        for prefix in ("model.", "base_model.model.", "module.", "_orig_mod.", "module._orig_mod.",
                       "_fsdp_wrapped_module.", "base_model.model._orig_mod."):
            with self.subTest(prefix):
                self.write_weights({prefix + name: tensor for name, tensor in self.tensors.items()})
                self.assert_answers_alike(self.model)
        for old, new in (("model.", ""), ("model.", "language_model.model."), ("model.", "model.language_model."),
                         ("model.layers.0.", "model.layers.0._orig_mod.")):
            with self.subTest(new):
                self.write_weights({name.replace(old, new, 1): tensor for name, tensor in self.tensors.items()})
                self.assert_answers_alike(self.model)

    def test_buffers_that_the_configuration_implies_are_left_alone(self):
        buffer = ["F32", [16], bytes(64)]
        names = ("model.layers.0.self_attn.rotary_emb.inv_freq", "model.rotary_emb.inv_freq",
                 "model.rotary_emb_local.inv_freq", "model.rotary_emb.sliding_attention_original_inv_freq",
                 "model.layers.1.self_attn.rotary_emb.cos_cached", "model.embed_tokens.embed_scale")
        positions = {"vision_tower.embeddings.position_ids": ["I64", [2], bytes(16)]}
        self.write_weights({**self.tensors, **{name: buffer for name in names}, **positions})
        self.assert_answers_alike(self.model)

    def test_quantised_weights_are_named_without_a_configuration_that_does(self):
        up = "model.layers.0.mlp.up_proj"
        for suffix, dtype, shape, size, name in (
            ("qweight", "I32", [16, 448], 28_672, "GPTQ or AWQ"), ("weight_packed", "I32", [448, 16], 28_672, "compressed-tensors"),
            ("weight.absmax", "U8", [896], 896, "bitsandbytes"), ("weight_scale", "F32", [1], 4, "FP8"),
            ("biases", "BF16", [448, 2], 1792, "MLX"),
        ):
            with self.subTest(suffix):
                self.write_weights({**self.tensors, f"{up}.{suffix}": [dtype, shape, bytes(size)]})
                self.assert_refused(self.model, f"{up}.{suffix}", f"quantised by {name}", "use a GGUF file")

    def test_heads_of_trainers_are_left_alone(self):
        heads = {"v_head.summary.weight": ["F32", [1, 128], bytes(512)], "v_head.summary.bias": ["F32", [1], bytes(4)],
                 "score.weight": ["F32", [2, 128], bytes(1024)]}
        self.write_weights({**self.tensors, **heads})
        self.assert_answers_alike(self.model)

    def test_a_prefix_that_is_not_known_is_named(self):
        self.write_weights({f"policy.{name}": tensor for name, tensor in self.tensors.items()})
        self.assert_refused(self.model, "model.embed_tokens.weight: missing", '"policy.model."')

    def test_a_tensor_that_nobody_knows_is_left_out_with_a_warning(self):
        # As transformers does ("Some weights of the checkpoint were not used").
        self.write_weights({**self.tensors, "model.layers.0.self_attn.q_proj.bias": ["F32", [128], bytes(512)],
                            "model.layers.9.mlp.up_proj.weight": ["I64", [1], bytes(8)]})
        self.assert_answers_alike(self.model)
        warning, = json.loads(self.gemmabench("info", self.model).stdout)["warnings"]
        self.assertIn("q_proj.bias: not used by this model (and 1 more)", warning)
        self.assertIn("not used", self.gemmabench("generate", self.model, PROMPT, "--max-tokens", "1").stderr)

    def test_an_output_matrix_of_equal_numbers_is_tied(self):
        self.write_weights({**self.tensors, "lm_head.weight": self.embedding_as_float32()})
        self.assert_answers_alike(self.model)
        self.write_weights({**self.tensors, "lm_head.weight": self.tensors[EMBEDDING]})
        self.assert_answers_alike(self.model)

    def test_an_output_matrix_of_its_own_is_used(self):
        # Rows moved by one, so that each token is called by its neighbour's name.
        dtype, shape, data = self.tensors[EMBEDDING]
        row = len(data) // shape[0]
        self.write_weights({**self.tensors, "lm_head.weight": [dtype, shape, data[-row:] + data[:-row]]})

        def tokens(model):
            words = ("generate", model, PROMPT, "--max-tokens", "1", "--format", "json")
            return json.loads(self.gemmabench(*words).stdout)["tokens"]

        self.assertEqual(tokens(self.model), [tokens(MODEL)[0] + 1])

    def test_a_tied_output_matrix_may_stand_for_the_embedding(self):
        tensors = dict(self.tensors)
        tensors["lm_head.weight"] = tensors.pop(EMBEDDING)
        self.write_weights(tensors)
        self.assert_answers_alike(self.model)

    def test_only_a_vision_tower_is_named(self):
        self.write_weights({"vision_tower.post_layernorm.weight": ["F32", [16], bytes(64)]})
        self.assert_refused(self.model, "embed_tokens.weight: missing", "no language model")

    def test_adapters_that_are_not_merged_are_named(self):
        name = "base_model.model.model.layers.0.self_attn.q_proj.lora_A.default.weight"
        tensors = {"base_model.model." + key: tensor for key, tensor in self.tensors.items()}
        self.write_weights({**tensors, name: ["F32", [8, 128], bytes(4096)]})
        self.assert_refused(self.model, name, "LoRA adapter", "merge")

    def test_configurations_that_python_reads_are_read(self):
        path = self.model / "config.json"
        text = path.read_text()
        path.write_text(text.replace("{", '{"vocab_size": 7, "odd": NaN, "more": [Infinity, -Infinity], "large": 1e999,', 1))
        self.assert_answers_alike(self.model)
        path.write_text(text.replace('"rms_norm_eps": 1e-06', '"rms_norm_eps": NaN'))
        self.assert_refused(self.model, "rms_norm_eps", "nan is not a number above zero")

    def test_rotary_parameters_outside_the_kinds_of_layers_change_nothing(self):
        # As in transformers 5.24, where only those by kind of layer are read of a Gemma 3.
        path = self.model / "config.json"
        parameters = json.loads(path.read_text())["rope_parameters"]
        self.edit_json(path, rope_parameters=dict(rope_type="linear", factor=8.0, rope_theta=5e5))
        self.assert_answers_alike(self.model)
        self.assertIn("factor", json.loads(self.gemmabench("info", self.model).stdout)["warnings"][0])
        self.edit_json(path, rope_parameters=dict(parameters, rope_type="linear", factor=8.0))
        self.assert_answers_alike(self.model)

    def test_a_missing_epsilon_is_transformers_default(self):
        self.edit_json(self.model / "config.json", rms_norm_eps=None)
        self.assert_answers_alike(self.model)
