#!/usr/bin/env python3
"""Makes checkpoint folders of the real Gemma 3 270M, shaped as Google publishes google/gemma-3-270m, from its GGUF file.

    real_model.py join GGUF PART...      joins the parts of the file, if their SHA-256 is the right one
    real_model.py convert GGUF FOLDER    writes FOLDER/float32 and FOLDER/bfloat16, where they are missing or outdated

fetch_real_model.sh calls it; it needs numpy, gguf and pyyaml. The weights are those of the file, dequantised: float32
holds them exactly, bfloat16 rounds them to the nearest. Files are written whole or not at all.
"""
import hashlib
import json
import os
import pathlib
import shutil
import struct
import sys

SHA256 = "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818"
IMAGE_TOKEN = "<image_soft_token>"
MARK = "\u2581"
NORMAL, UNKNOWN, CONTROL, USER_DEFINED, BYTE = 1, 2, 3, 4, 6  # the types of pieces, in GGUF as in SentencePiece
SPECIAL = ["<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "<end_of_turn>", IMAGE_TOKEN]
# GGUF's names of a layer's tensors, and Google's.
LAYER_NAMES = {
    "attn_norm": "input_layernorm", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj", "attn_q_norm": "self_attn.q_norm",
    "attn_k_norm": "self_attn.k_norm", "post_attention_norm": "post_attention_layernorm",
    "ffn_norm": "pre_feedforward_layernorm", "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj", "post_ffw_norm": "post_feedforward_layernorm"}
NAMES = {"token_embd.weight": "model.embed_tokens.weight", "output_norm.weight": "model.norm.weight"}
# Renders what the published template of Gemma 3 renders: alternating turns, the system's text before the first one.
TEMPLATE = """{{ bos_token }}
{%- if messages[0]['role'] == 'system' -%}
    {%- if messages[0]['content'] is string -%}
        {%- set first_user_prefix = messages[0]['content'] + '\n\n' -%}
    {%- else -%}
        {%- set first_user_prefix = messages[0]['content'][0]['text'] + '\n\n' -%}
    {%- endif -%}
    {%- set loop_messages = messages[1:] -%}
{%- else -%}
    {%- set first_user_prefix = "" -%}
    {%- set loop_messages = messages -%}
{%- endif -%}
{%- for message in loop_messages -%}
    {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) -%}
        {{ raise_exception("Conversation roles must alternate user/assistant/user/assistant/...") }}
    {%- endif -%}
    {%- if (message['role'] == 'assistant') -%}
        {%- set role = "model" -%}
    {%- else -%}
        {%- set role = message['role'] -%}
    {%- endif -%}
    {{ '<start_of_turn>' + role + '\n' + (first_user_prefix if loop.first else "") }}
    {%- if message['content'] is string -%}
        {{ message['content'] | trim }}
    {%- elif message['content'] is iterable -%}
        {%- for item in message['content'] -%}
            {%- if item['type'] == 'image' -%}
                {{ '<start_of_image>' }}
            {%- elif item['type'] == 'text' -%}
                {{ item['text'] | trim }}
            {%- endif -%}
        {%- endfor -%}
    {%- else -%}
        {{ raise_exception("Invalid content type") }}
    {%- endif -%}
    {{ '<end_of_turn>\n' }}
{%- endfor -%}
{%- if add_generation_prompt -%}
    {{'<start_of_turn>model\n'}}
{%- endif -%}
"""


def join(target, parts):
    """Joins the parts; a file whose digest is another one is never given the name."""
    partial = pathlib.Path(f"{target}.partial")
    digest = hashlib.sha256()
    with partial.open("wb") as file:
        for part in parts:
            with open(part, "rb") as source:
                while block := source.read(1 << 20):
                    digest.update(block)
                    file.write(block)
    if digest.hexdigest() != SHA256:
        partial.unlink()
        sys.exit(f"{target}: the joined parts have SHA-256 {digest.hexdigest()}, not {SHA256}; delete {parts[0]} and its"
                 " neighbours, and fetch again")
    partial.rename(target)


class Vocabulary:
    def __init__(self, reader):
        def field(name):
            return reader.fields[f"tokenizer.ggml.{name}"].contents()
        self.types = field("token_type")
        # The converter to GGUF wrote spaces into added pieces, and these scores nobody reads.
        self.pieces = [piece.replace(" ", MARK) if kind == USER_DEFINED else piece
                       for piece, kind in zip(field("tokens"), self.types)]
        self.scores = [score if kind == NORMAL else 0.0 for score, kind in zip(field("scores"), self.types)]

    def added(self):
        """The entries of added_tokens: everything that is no normal piece and no byte, and the one beyond the table."""
        found = [(index, piece) for index, (piece, kind) in enumerate(zip(self.pieces, self.types))
                 if kind not in (NORMAL, BYTE)]
        return found + [(len(self.pieces), IMAGE_TOKEN)]

    def merges(self):
        """Every split of a piece into two pieces; the best piece first, as transformers orders them."""
        known = set(self.pieces)
        found = []
        for index, piece in enumerate(self.pieces):
            splits = [(piece[:at], piece[at:]) for at in range(1, len(piece))]
            found += [(self.scores[index], len(left), len(right), left, right)
                      for left, right in splits if left in known and right in known]
        found.sort(key=lambda merge: merge[:3], reverse=True)
        return [[left, right] for _, _, _, left, right in found]


def added_token(content):
    return {"content": content, "lstrip": False, "normalized": False, "rstrip": False, "single_word": False,
            "special": content in SPECIAL}


def tokenizer_json(vocabulary):
    begin = {"SpecialToken": {"id": "<bos>", "type_id": 0}}
    first, second = ({"Sequence": {"id": name, "type_id": kind}} for kind, name in enumerate("AB"))
    return {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [{"id": index} | added_token(piece) for index, piece in vocabulary.added()],
        "normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": MARK},
        "pre_tokenizer": {"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious", "invert": False},
        "post_processor": {
            "type": "TemplateProcessing", "single": [begin, first],
            "pair": [begin, first, {"SpecialToken": {"id": "<bos>", "type_id": 1}}, second],
            "special_tokens": {"<bos>": {"id": "<bos>", "ids": [2], "tokens": ["<bos>"]}}},
        "decoder": {"type": "Sequence", "decoders": [
            {"type": "Replace", "pattern": {"String": MARK}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"}]},
        "model": {
            "type": "BPE", "dropout": None, "unk_token": "<unk>", "continuing_subword_prefix": None,
            "end_of_word_suffix": None, "fuse_unk": True, "byte_fallback": True, "ignore_merges": False,
            "vocab": {piece: index for index, piece in enumerate(vocabulary.pieces)}, "merges": vocabulary.merges()}}


def varint(number):
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(out + bytes([number]))


def message(number, data):
    """A field of bytes of a protocol buffer."""
    return varint(number << 3 | 2) + varint(len(data)) + data


def whole(number, value):
    return varint(number << 3) + varint(value)


def tokenizer_model(vocabulary):
    """A sentencepiece ModelProto; the numbers of the fields are those of sentencepiece_model.proto."""
    out = bytearray()
    controls = ["<pad>", "<eos>", "<bos>"]
    for piece, score, kind in zip(vocabulary.pieces, vocabulary.scores, vocabulary.types):
        if kind == CONTROL:  # Google's file has but these; converters to GGUF make the other ones so
            kind = CONTROL if piece in controls else UNKNOWN if piece == "<unk>" else USER_DEFINED
        entry = message(1, piece.encode()) + varint(2 << 3 | 5) + struct.pack("<f", score)
        out += message(1, entry if kind == NORMAL else entry + whole(3, kind))
    trainer = (whole(3, 2) + whole(4, len(vocabulary.pieces)) + whole(23, 1) + whole(25, 1) + whole(35, 1)
               + whole(40, 3) + whole(41, 2) + whole(42, 1) + whole(43, 0))  # BPE, size, digits, bytes; unk, bos, eos, pad
    normalizer = message(1, b"identity") + whole(3, 0) + whole(4, 0) + whole(5, 1)  # no dummy prefix; spaces stay
    return bytes(out + message(2, trainer) + message(3, normalizer))


def tokenizer_configuration(vocabulary):
    return {
        "add_bos_token": True, "add_eos_token": False,
        "added_tokens_decoder": {str(index): added_token(piece) for index, piece in vocabulary.added()},
        "boi_token": "<start_of_image>", "bos_token": "<bos>", "clean_up_tokenization_spaces": False,
        "eoi_token": "<end_of_image>", "eos_token": "<eos>",
        "extra_special_tokens": {
            "boi_token": "<start_of_image>", "eoi_token": "<end_of_image>", "image_token": IMAGE_TOKEN},
        "image_token": IMAGE_TOKEN, "model_max_length": int(1e30), "pad_token": "<pad>", "sp_model_kwargs": None,
        "spaces_between_special_tokens": False, "tokenizer_class": "GemmaTokenizer", "unk_token": "<unk>",
        "use_default_system_prompt": False}


def special_tokens_map():
    def entry(content):
        return {key: value for key, value in added_token(content).items() if key != "special"}
    return {"boi_token": "<start_of_image>", "bos_token": entry("<bos>"), "eoi_token": "<end_of_image>",
            "eos_token": entry("<eos>"), "image_token": IMAGE_TOKEN, "pad_token": entry("<pad>"),
            "unk_token": entry("<unk>")}


def configuration(reader, dtype):
    def number(name):
        return reader.fields[f"gemma3.{name}"].contents()
    layers = number("block_count")
    return {
        "_sliding_window_pattern": 6, "architectures": ["Gemma3ForCausalLM"], "attention_bias": False,
        "attention_dropout": 0.0, "attn_logit_softcapping": None, "bos_token_id": 2, "eos_token_id": 1,
        "final_logit_softcapping": None, "head_dim": number("attention.key_length"),
        "hidden_activation": "gelu_pytorch_tanh", "hidden_size": number("embedding_length"), "initializer_range": 0.02,
        "intermediate_size": number("feed_forward_length"),
        "layer_types": ["sliding_attention" if (layer + 1) % 6 else "full_attention" for layer in range(layers)],
        "max_position_embeddings": number("context_length"), "model_type": "gemma3_text",
        "num_attention_heads": number("attention.head_count"), "num_hidden_layers": layers,
        "num_key_value_heads": number("attention.head_count_kv"), "pad_token_id": 0, "query_pre_attn_scalar": 256,
        "rms_norm_eps": 1e-06, "rope_local_base_freq": 10000.0, "rope_scaling": None,
        "rope_theta": number("rope.freq_base"), "sliding_window": number("attention.sliding_window"),
        "torch_dtype": dtype, "transformers_version": "4.55.0.dev0", "use_bidirectional_attention": False,
        "use_cache": True, "vocab_size": 262144}


def google_name(name):
    if name in NAMES:
        return NAMES[name]
    _, layer, kind, _ = name.split(".")
    return f"model.layers.{layer}.{LAYER_NAMES[kind]}.weight"


def bfloat16(values):
    """To the nearest, ties to even; there is no infinity and no NaN here."""
    import numpy
    bits = values.view(numpy.uint32)
    return ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).astype(numpy.uint16)


def write_safetensors(reader, files):
    """Writes {dtype: path}, dequantising each tensor once."""
    import numpy
    from gguf import quants
    tensors = sorted((google_name(tensor.name), tensor) for tensor in reader.tensors)
    opened = {}
    for dtype, path in files.items():
        width = 4 if dtype == "F32" else 2
        header, offset = {"__metadata__": {"format": "pt"}}, 0
        for name, tensor in tensors:
            size = int(tensor.n_elements) * width
            header[name] = {"dtype": dtype, "shape": [int(size) for size in reversed(tensor.shape)],
                            "data_offsets": [offset, offset + size]}
            offset += size
        text = json.dumps(header, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 8)
        opened[dtype] = open(path, "wb")
        opened[dtype].write(struct.pack("<Q", len(text)) + text)
    for name, tensor in tensors:
        rows = tensor.data.reshape(-1, tensor.data.shape[-1])
        for start in range(0, len(rows), 8192):  # the table of embeddings, whole, is 671 MB
            values = quants.dequantize(rows[start:start + 8192], tensor.tensor_type).astype(numpy.float32)
            if name.endswith("norm.weight"):  # GGUF has the 1 added that Gemma's norms add
                values -= numpy.float32(1)
            for dtype, file in opened.items():
                file.write((values if dtype == "F32" else bfloat16(values)).tobytes())
    for file in opened.values():
        file.close()


def convert(source, folder):
    import gguf
    version = hashlib.sha256(pathlib.Path(__file__).read_bytes()).hexdigest()
    stamps = {name: folder / f".{name}.made" for name in ["float32", "bfloat16"]}
    wanted = [name for name, stamp in stamps.items() if not stamp.is_file() or stamp.read_text() != version]
    if not wanted:
        return
    reader = gguf.GGUFReader(str(source))
    vocabulary = Vocabulary(reader)
    shared = {
        "tokenizer.json": json.dumps(tokenizer_json(vocabulary), ensure_ascii=False).encode(),
        "tokenizer.model": tokenizer_model(vocabulary), "chat_template.jinja": TEMPLATE.encode()}
    for name, value in {
            "tokenizer_config.json": tokenizer_configuration(vocabulary), "special_tokens_map.json": special_tokens_map(),
            "added_tokens.json": {IMAGE_TOKEN: len(vocabulary.pieces)},
            "generation_config.json": {
                "cache_implementation": "hybrid", "do_sample": True, "eos_token_id": [1, 106], "top_k": 64,
                "top_p": 0.95, "transformers_version": "4.55.0.dev0"}}.items():
        shared[name] = (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()
    for name in wanted:
        partial = folder / f"{name}.partial"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        (partial / "config.json").write_text(json.dumps(configuration(reader, name), indent=2) + "\n")
        for file, data in shared.items():
            (partial / file).write_bytes(data)
    types = {"float32": "F32", "bfloat16": "BF16"}
    write_safetensors(reader, {types[name]: folder / f"{name}.partial" / "model.safetensors" for name in wanted})
    for name in wanted:
        stamps[name].unlink(missing_ok=True)
        shutil.rmtree(folder / name, ignore_errors=True)
        os.rename(folder / f"{name}.partial", folder / name)
        stamps[name].write_text(version)


def main():
    command, target, *rest = sys.argv[1:]
    if command == "join":
        join(pathlib.Path(target), rest)
    else:
        convert(pathlib.Path(target), pathlib.Path(rest[0]))


if __name__ == "__main__":
    main()
