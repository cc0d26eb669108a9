module github.com/postern-project/postern

go 1.26.0

require (
	github.com/knadh/koanf/parsers/json v1.0.1 // used by runtime/config: parses configuration in JSON
	github.com/knadh/koanf/parsers/toml/v2 v2.1.0 // used by runtime/config: parses configuration in TOML
	github.com/knadh/koanf/parsers/yaml v1.1.1 // used by cmd/postern/internal/format (tests), runtime/config: parses configuration in YAML
	github.com/lmittmann/tint v1.2.1 // used by cmd/postern/internal/app: formats log lines for terminals
	github.com/rogpeppe/go-internal v1.16.0 // used by cmd/postern (tests): runs the scripts in testdata/script
	github.com/tetratelabs/wazero v1.12.0 // used by modules (tests), runtime/internal/capability, runtime/internal/capability/all (tests), runtime/internal/capability/guesttest, runtime/internal/capability/wasi (tests), runtime/internal/codecache, runtime/internal/guestmem, runtime/internal/wasmbin (tests), runtime/internal/wasmbin/cost (tests), runtime/internal/wasmhost: compiles and runs WebAssembly modules
	github.com/urfave/cli/v3 v3.14.0 // used by cmd/postern/internal/app, cmd/postern/internal/cli, cmd/postern/internal/cli/config, cmd/postern/internal/cli/module, cmd/postern/internal/cli/policy, cmd/postern/internal/cli/run, cmd/postern/internal/cli/secrets, cmd/postern/internal/values: parses commands and flags
	github.com/yuin/gopher-lua v1.1.2 // used by runtime/policy/internal/lint, runtime/policy/internal/luabox, runtime/policy/internal/luascan, runtime/policy/internal/purity: runs the Lua code of policies
	go.yaml.in/yaml/v3 v3.0.5 // used by runtime/config: shows what its parser of YAML skips
	golang.org/x/sys v0.49.0 // used by cmd/postern/internal/app, cmd/postern/internal/childproc, cmd/postern/internal/cli, cmd/postern/internal/cli/run, cmd/postern/internal/prompt, cmd/postern/internal/signals, cmd/postern/internal/ttywait, runtime/internal/codecache (tests), runtime/internal/guestmem, runtime/internal/slab, runtime/internal/wasmbin (tests), runtime/internal/wasmhost (tests), runtime/safefile, runtime/secret (tests): system calls that the standard library lacks
	golang.org/x/term v0.47.0 // used by cmd/postern/internal/app, cmd/postern/internal/childproc, cmd/postern/internal/prompt: hidden prompts, terminal modes
)

require (
	github.com/pelletier/go-toml/v2 v2.4.3 // indirect
	golang.org/x/tools v0.26.0 // indirect
)
