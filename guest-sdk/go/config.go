package postern

import "github.com/postern-project/postern/runtime/abi"

// Config is what the operator wrote under "config:", and the provider's name.
// The zero Config has no settings.
type Config struct {
	Provider string            // the configured name
	Settings map[string]string // nil when there are none
}

// Get returns the text of a setting, or the fallback if it was not made.
func (c Config) Get(name, fallback string) string {
	if text, ok := c.Settings[name]; ok {
		return text
	}
	return fallback
}

// Only refuses settings other than the known ones, so that a misspelt one is not
// passed over in silence.
func (c Config) Only(known ...string) error {
	left := len(c.Settings)
	for _, name := range known {
		if _, ok := c.Settings[name]; ok {
			left--
		}
	}
	if left > 0 {
		return Fail(InvalidValue, "a setting that this module does not know")
	}
	return nil
}

func parseConfig(b []byte) (Config, error) {
	var c Config
	for f, err := range abi.Fields(b) {
		if err != nil {
			return Config{}, Internal
		}
		switch f.Tag {
		case abi.TagProvider:
			c.Provider = string(f.Value)
		case abi.TagConfig:
			var name, text string
			for part, err := range abi.Fields(f.Value) {
				if err != nil {
					return Config{}, Internal
				}
				switch part.Tag {
				case abi.TagName:
					name = string(part.Value)
				case abi.TagText:
					text = string(part.Value)
				}
			}
			if c.Settings == nil {
				c.Settings = map[string]string{}
			}
			c.Settings[name] = text
		}
	}
	return c, nil
}
