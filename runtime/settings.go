package runtime

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/postern-project/postern/modules"
	"github.com/postern-project/postern/runtime/module"
	"github.com/postern-project/postern/runtime/secret"
	"github.com/postern-project/postern/runtime/suggest"
)

// Settings returns the settings that the module of p declares, by name. Nil means
// that it declares nothing: any setting is passed to it, and none is public. Empty
// means that it has none. wasm is the content of the file of a module that is not
// built in. The error is that of [Open] for the module or its manifest.
func (p ProviderOptions) Settings(wasm []byte) (map[string]module.Setting, error) {
	if isName(p.Module) {
		var err error
		if wasm, _, err = builtinModule(p); err != nil {
			return nil, err
		}
	}
	declared, err := declaredSettings(p.Module, wasm)
	if err != nil {
		return nil, (&secret.Error{Code: secret.ErrLoad, Op: secret.OpOpen, Provider: p.Name, Detail: err.Error()}).Wrap(err)
	}
	return declared, nil
}

// declaredSettings returns the settings that a module declares. The name "file" has one
// setting more than the module that it stands for: "format".
func declaredSettings(name string, wasm []byte) (map[string]module.Setting, error) {
	m, err := module.ReadManifest(wasm)
	if err != nil {
		return nil, err
	}
	return settingsOf(name, m), nil
}

// settingsOf is declaredSettings for a manifest, which may be nil.
func settingsOf(name string, m *module.Manifest) map[string]module.Setting {
	if m == nil {
		return nil
	}
	declared := m.Config
	if name == modules.File {
		declared = maps.Clone(declared)
		declared["format"] = module.Setting{Summary: "the format of the file, else its name decides", Public: true}
	}
	return declared
}

// publicSettings returns the names of the settings whose values may be shown.
func publicSettings(declared map[string]module.Setting) []string {
	var names []string
	for name, s := range declared {
		if s.Public {
			names = append(names, name)
		}
	}
	return names
}

// checkSettings compares the settings of a provider with what its module declares.
// Its error never has a value that is not public.
func checkSettings(dir string, po ProviderOptions, declared map[string]module.Setting) error {
	if declared == nil {
		return nil
	}
	known := slices.Sorted(maps.Keys(declared))
	for _, name := range slices.Sorted(maps.Keys(po.Config)) {
		if _, ok := declared[name]; !ok {
			return settingError(dir, po, fmt.Sprintf("config: unknown setting %.64q%s", name, wanted(name, known)))
		}
	}
	for _, name := range known {
		value, set := po.Config[name]
		s := declared[name]
		switch {
		case s.Required && value == "":
			return settingError(dir, po, fmt.Sprintf("config: the setting %q is missing or empty", name))
		case set && s.OneOf != nil && !slices.Contains(s.OneOf, value):
			return settingError(dir, po, fmt.Sprintf("config: unknown value%s of the setting %q%s", shown(s, value), name, wantedValue(s, value)))
		}
	}
	return nil
}

// withDefaults returns settings with the defaults of those that are not set.
func withDefaults(settings map[string]string, declared map[string]module.Setting) map[string]string {
	out := settings
	for name, s := range declared {
		if _, set := settings[name]; set || s.Default == "" {
			continue
		}
		if len(out) == len(settings) {
			if out = maps.Clone(settings); out == nil {
				out = map[string]string{}
			}
		}
		out[name] = s.Default
	}
	return out
}

// shown returns a value as errors show it: nothing of one that is not public.
func shown(s module.Setting, value string) string {
	if !s.Public {
		return ""
	}
	return fmt.Sprintf(" %q", value)
}

func wantedValue(s module.Setting, value string) string {
	if !s.Public {
		value = "" // a suggestion would reveal part of it
	}
	return wanted(value, s.OneOf)
}

// maxWanted is how many names an error lists.
const maxWanted = 10

// wanted returns the known name that name is probably a misspelling of, otherwise all
// known names. Known names have no blanks, so a manifest cannot write sentences into an
// error.
func wanted(name string, known []string) string {
	if near := suggest.Closest(name, known); near != "" && name != "" {
		return fmt.Sprintf(" (did you mean %q?)", near)
	}
	switch {
	case len(known) == 0:
		return "; the module has no settings"
	case len(known) == 1:
		return "; want " + known[0]
	case len(known) > maxWanted:
		return ""
	}
	return "; want one of " + strings.Join(known, ", ")
}

// settingError is the error for the settings of a provider, with a command that
// shows what the module declares.
func settingError(dir string, po ProviderOptions, detail string) error {
	file := po.Module
	if !isName(file) && !filepath.IsAbs(file) && dir != "" {
		file = filepath.Join(dir, file)
	}
	e := &secret.Error{Code: secret.ErrLoad, Op: secret.OpOpen, Provider: po.Name, Detail: detail}
	return e.Wrap(suggest.Command("postern", "module", "inspect", file))
}
