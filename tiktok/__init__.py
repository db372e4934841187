"""TikTok's vocabulary: macros, standard events, identifiers, payloads, result codes and its HTTP clients."""
