package postern

import "github.com/postern-project/postern/runtime/abi"

// Config has the settings that the operator wrote under "config:", and the name of
// the provider. The zero Config has no settings.
type Config struct {
	Provider string            // its name in the configuration
	Settings map[string]string // nil if there are none
}

// Get returns the text of a setting, or the fallback if it is not set.
func (c Config) Get(name, fallback string) string {
	if text, ok := c.Settings[name]; ok {
		return text
	}
	return fallback
}

// Only returns an error with InvalidValue if there is a setting that is not known,
// such as a misspelt one.
func (c Config) Only(known ...string) error {
	left := len(c.Settings)
	for _, name := range known {
		if _, ok := c.Settings[name]; ok {
			left--
		}
	}
	if left > 0 {
		return Fail(InvalidValue, "unknown setting")
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
