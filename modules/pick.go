package modules

import (
	"fmt"
	"maps"
	"path"
	"strings"
)

// File is a name that stands for several modules: [Pick] chooses one.
const File = "file"

// formats has the module for each value of the setting "format": the name of the module,
// and a short one for a folder.
var formats = map[string]string{"dotenv": "dotenv", "toml": "toml", "json": "json", "yaml": "yaml", "folder": "folder", "dir": "folder"}

// Formats returns the modules that [File] stands for, sorted. The caller may change
// the slice.
func Formats() []string { return []string{"dotenv", "folder", "json", "toml", "yaml"} }

// Pick returns the name of the module that a configuration means, and the settings
// for it. Only [File] is another module: the one of the setting "format", else the
// one for the name of the setting "path", else "folder". An unknown format is an
// error. Settings is not changed; the result may be the same map.
func Pick(name string, settings map[string]string) (module string, rest map[string]string, err error) {
	if name != File {
		return name, settings, nil
	}
	rest = maps.Clone(settings)
	delete(rest, "format")
	format := settings["format"]
	if format == "" {
		return formatOf(settings["path"]), rest, nil
	}
	module, ok := formats[format]
	if !ok {
		return "", nil, fmt.Errorf("unknown format %q; want dotenv, toml, json, yaml or folder", format)
	}
	return module, rest, nil
}

// formatOf returns the module for the name of a file. A name that implies no format
// is that of a folder, and the module "folder" says so if it is not.
func formatOf(file string) string {
	name := file[strings.LastIndexByte(file, '/')+1:]
	if name == ".env" || strings.HasPrefix(name, ".env.") {
		return "dotenv"
	}
	switch path.Ext(name) {
	case ".env":
		return "dotenv"
	case ".toml":
		return "toml"
	case ".json":
		return "json"
	case ".yaml", ".yml":
		return "yaml"
	}
	return "folder"
}
