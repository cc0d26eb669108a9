package runtime

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/postern-project/postern/modules"
	"github.com/postern-project/postern/runtime/module"
	"github.com/postern-project/postern/runtime/suggest"
)

// checkSettings compares the settings of a provider with those that the manifest of
// its module declares. Without a manifest, or one that has no list of settings, every
// setting passes. A manifest that cannot be read is left to checkManifest.
func checkSettings(po ProviderOptions, settings map[string]string, wasm []byte) error {
	manifest, err := module.ReadManifest(wasm)
	if err != nil || manifest == nil || manifest.Config == nil {
		return nil
	}
	declared := slices.Sorted(maps.Keys(manifest.Config))
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		if s, ok := manifest.Config[name]; ok {
			if s.OneOf != nil && !slices.Contains(s.OneOf, settings[name]) {
				return loadError(po.Name, fmt.Sprintf("config: the setting %q has an unknown value; want one of %s", name, strings.Join(s.OneOf, ", ")))
			}
			continue
		}
		detail := fmt.Sprintf("config: unknown setting %.64q", name)
		switch near := suggest.Closest(name, declared); {
		case near != "":
			detail += fmt.Sprintf(", did you mean %q?", near)
		case len(declared) == 0:
			detail += "; the module has no settings"
		default:
			detail += "; want one of " + strings.Join(declared, ", ")
		}
		return loadError(po.Name, detail)
	}
	for _, name := range declared {
		if settings[name] == "" && manifest.Config[name].Required {
			return loadError(po.Name, fmt.Sprintf("config: the setting %q is missing", name))
		}
	}
	return nil
}

// PublicSettings returns the names of the settings of a provider whose values may be
// shown: those that the manifest of its module declares public. Dir is [Options.Dir].
// Of a module that cannot be read, or has no manifest, nothing may be shown.
func PublicSettings(dir string, po ProviderOptions) []string {
	builtin := isBuiltin(po.Module)
	wasm, _, err := builtinModule(po)
	if !builtin {
		wasm, err = moduleFile(dir, po)
	}
	if err != nil {
		return nil
	}
	manifest, err := module.ReadManifest(wasm)
	if err != nil || manifest == nil {
		return nil
	}
	var names []string
	for name, s := range manifest.Config {
		if s.Public {
			names = append(names, name)
		}
	}
	if builtin && po.Module == modules.File {
		names = append(names, "format") // it chooses the module
	}
	slices.Sort(names)
	return names
}
