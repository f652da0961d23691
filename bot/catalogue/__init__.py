"""Look up error codes in the catalogue, and find them by words.

- Lookup: `catalogue` by code, symbol, section and number, `neighbours` for mistyped codes, `numbers` of other products,
  `platforms` of the SDK
- Search: `search` by `terms` in both languages, which the `glossary` makes equal, after corrections by `spelling`
- Data files: `entry` defines the fields of a code, `shape` builds dataclasses, `loader` validates YAML, `data_file` and
  `stored` open the compiled form
- Comparison with an SDK: `sdk_enum`
"""
