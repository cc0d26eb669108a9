package config

import "path/filepath"

// Variables of an earlier release, read when there is no file.
const (
	legacyChain  = "SECRET_PROVIDER_CHAIN"
	legacyPath   = "SECRET_FILE_PATH"
	legacyFormat = "SECRET_FILE_FORMAT"
)

// withoutFile is the configuration of somebody who has written none: the whole
// environment, then .env in the current folder, read-only.
//
// SECRET_FILE_PATH is the one case of an environment that opens a file. It is
// kept for those who have it in their service definitions, names a single path
// for reading, and counts only as long as there is no file.
func (c *Config) withoutFile(s Sources, env environment) map[string]any {
	c.Options.Dir = s.Dir
	if dir, err := filepath.Abs(s.Dir); err == nil {
		c.Options.Dir = dir
	}
	file := map[string]any{"path": ".env", "format": "dotenv"}
	if path := env[legacyPath]; path != "" {
		file = map[string]any{"path": path}
	}
	if format := env[legacyFormat]; format != "" {
		file["format"] = format
	}
	tree := map[string]any{
		"providers": map[string]any{
			"env": map[string]any{
				"module": "env",
				"grant":  map[string]any{"env": []any{"*"}},
			},
			"file": map[string]any{
				"module": "file",
				"grant":  map[string]any{"files": []any{map[string]any{"path": file["path"]}}},
				"config": file,
			},
		},
		"chain": []any{"env", "file"},
	}
	chain := list(env[legacyChain])
	if len(chain) > 0 {
		tree["chain"] = anys(chain)
	}
	for _, name := range append(chain, list(env[envChain])...) {
		if name == "memory" {
			tree["providers"].(map[string]any)["memory"] = map[string]any{"module": "memory"}
		}
	}
	return tree
}

// ignoreLegacy warns of variables that a file overrules.
func (c *Config) ignoreLegacy(env environment) {
	for _, name := range []string{legacyChain, legacyPath, legacyFormat} {
		if env[name] != "" {
			c.Warnings = append(c.Warnings, name+" is ignored: "+quoted(c.Path)+" is used")
		}
	}
}
