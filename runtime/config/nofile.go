package config

import (
	"path/filepath"
	"slices"
)

// Variables of an earlier release, read if there is no file.
const (
	legacyChain  = "SECRET_PROVIDER_CHAIN"
	legacyPath   = "SECRET_FILE_PATH"
	legacyFormat = "SECRET_FILE_FORMAT"
)

// withoutFile is the configuration of a user who has no file: the whole
// environment, then .env in the current folder, read-only.
//
// SECRET_FILE_PATH is the only variable that opens a file. It is kept for those
// who have it in their service definitions, grants a single path for reading, and
// counts only if there is no file.
//
// The second result says which leaves a variable set.
func (c *Config) withoutFile(s Sources, env environment) (map[string]any, []origin, error) {
	for _, variable := range []string{legacyChain, legacyPath, legacyFormat} {
		if err := env.notEmpty(variable); err != nil {
			return nil, nil, err
		}
	}
	var set []origin
	from := func(variable string, path ...string) { set = append(set, origin{path, variable}) }
	c.Options.Dir = s.Dir
	if dir, err := filepath.Abs(s.Dir); err == nil {
		c.Options.Dir = dir
	}
	file := map[string]any{"path": defaultDotenv, "format": "dotenv"}
	if path := env[legacyPath]; path != "" {
		file = map[string]any{"path": path}
		from(legacyPath, "providers", "file", "config", "path")
		from(legacyPath, "providers", "file", "grant", "files")
	}
	if format := env[legacyFormat]; format != "" {
		file["format"] = format
		from(legacyFormat, "providers", "file", "config", "format")
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
	chain := splitList(env[legacyChain])
	if len(chain) > 0 {
		tree["chain"] = anys(chain)
		from(legacyChain, "chain")
	}
	for _, variable := range []string{legacyChain, envChain} {
		if slices.Contains(splitList(env[variable]), "memory") {
			tree["providers"].(map[string]any)["memory"] = map[string]any{"module": "memory"}
			from(variable, "providers", "memory")
		}
	}
	return tree, set, nil
}

// warnLegacy warns of variables that a file overrides.
func (c *Config) warnLegacy(env environment) {
	for _, name := range []string{legacyChain, legacyPath, legacyFormat} {
		if env[name] != "" {
			c.Warnings = append(c.Warnings, name+" is ignored because "+quote(c.Path)+" is used")
		}
	}
}
