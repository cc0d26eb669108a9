package policies

import (
	"embed"
	"slices"
	"strings"
)

//go:embed *.lua
var files embed.FS

// Open is the name of the preset that applies when no policy is configured.
const Open = "open"

// Names returns the names of the presets, sorted.
func Names() []string {
	entries, err := files.ReadDir(".")
	if err != nil {
		return nil // impossible: the files are embedded
	}
	var names []string
	for _, e := range entries {
		name := strings.TrimSuffix(e.Name(), ".lua")
		if !strings.HasSuffix(name, "_test") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Source returns the Lua text of a preset; ok is false for an unknown name.
func Source(name string) (src []byte, ok bool) { return read(name) }

// Tests returns the tests of a preset; ok is false for an unknown name.
func Tests(name string) (src []byte, ok bool) { return read(name + "_test") }

func read(name string) ([]byte, bool) {
	if strings.ContainsAny(name, `/\`) {
		return nil, false
	}
	src, err := files.ReadFile(name + ".lua")
	return src, err == nil
}
