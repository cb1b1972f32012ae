"""The two model sizes: Gemma 3 text configurations, exact in every part, small in every number."""

from transformers import Gemma3TextConfig

from build_tokenizer import VOCABULARY_SIZE

POSITIONS = 1024
SLIDING_WINDOW = 64

SIZES = {
    # Hidden and intermediate sizes are multiples of 32, so that every weight row is whole quantisation blocks.
    "pocket-1m": dict(hidden_size=128, intermediate_size=448, num_hidden_layers=4, num_attention_heads=4,
                      num_key_value_heads=1, head_dim=32, sliding_window_pattern=2),
    "pocket-6m": dict(hidden_size=288, intermediate_size=832, num_hidden_layers=6, num_attention_heads=4,
                      num_key_value_heads=2, head_dim=64, sliding_window_pattern=3),
}


def configuration(name):
    """The Gemma 3 configuration of a size; every `sliding_window_pattern`-th layer attends globally."""
    fields = dict(SIZES[name])
    pattern = fields.pop("sliding_window_pattern")
    layer_types = ["sliding_attention" if (index + 1) % pattern else "full_attention"
                   for index in range(fields["num_hidden_layers"])]
    return Gemma3TextConfig(
        vocab_size=VOCABULARY_SIZE, max_position_embeddings=POSITIONS, sliding_window=SLIDING_WINDOW,
        layer_types=layer_types, sliding_window_pattern=pattern, query_pre_attn_scalar=fields["head_dim"],
        tie_word_embeddings=True, attention_dropout=0.0, pad_token_id=0, eos_token_id=1, bos_token_id=2,
        architectures=["Gemma3ForCausalLM"], **fields)
