package module

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Setting is one setting of a module.
type Setting struct {
	Summary string `json:"summary,omitempty"` // one printable line of at most 200 bytes

	// Required means that the setting must be set, and not empty.
	Required bool `json:"required,omitempty"`

	// Public means that the value is not secret: it may be shown by "config show"
	// and in the log of the module. Any other value is hidden.
	Public bool `json:"public,omitempty"`

	// OneOf are the values that are accepted, each of 1 to 64 bytes of
	// [A-Za-z0-9._-]; nil accepts any.
	OneOf []string `json:"one_of,omitzero"`

	// Default is the value that the module gets if the setting is not set; "" is
	// none.
	Default string `json:"default,omitempty"`
}

const (
	maxSettings = 100
	maxOneOf    = 100
)

func checkSettings(all map[string]Setting) error {
	if len(all) > maxSettings {
		return refuse(BadManifest, "the manifest has %d settings, at most %d are accepted", len(all), maxSettings)
	}
	for name, s := range all {
		if name == "" || !word(name, "._-") {
			return refuse(BadManifest, "invalid setting %s; want 1 to %d of [A-Za-z0-9._-]", quote(name), maxName)
		}
		if !line(s.Summary) {
			return refuse(BadManifest, "invalid summary of setting %s; want one printable line of at most %d bytes", quote(name), maxSummary)
		}
		if problem := s.problem(); problem != "" {
			return refuse(BadManifest, "setting %s: %s", quote(name), problem)
		}
	}
	return nil
}

// problem says what is wrong with the values that a setting names; "" means nothing.
func (s Setting) problem() string {
	switch {
	case !line(s.Default):
		return fmt.Sprintf("invalid default; want one printable line of at most %d bytes", maxSummary)
	case s.Required && s.Default != "":
		return "it is required and has a default; want one of the two"
	case s.OneOf == nil:
		return ""
	case len(s.OneOf) == 0 || len(s.OneOf) > maxOneOf:
		return fmt.Sprintf("one_of has %d values; want 1 to %d", len(s.OneOf), maxOneOf)
	case s.Default != "" && !slices.Contains(s.OneOf, s.Default):
		return "one_of does not have the default " + quote(s.Default)
	}
	for i, v := range s.OneOf {
		if v == "" || !word(v, "._-") {
			return fmt.Sprintf("invalid value %s in one_of; want 1 to %d of [A-Za-z0-9._-]", quote(v), maxName)
		}
		if slices.Contains(s.OneOf[:i], v) {
			return "one_of has " + quote(v) + " twice"
		}
	}
	return ""
}

// Describe returns what a user has to know about the setting, on one line, such as
// "required: the file" or "exact or path, default exact: how keys are spelled".
func (s Setting) Describe() string {
	var facts []string
	if s.Required {
		facts = append(facts, "required")
	}
	if last := len(s.OneOf) - 1; last > 0 {
		facts = append(facts, strings.Join(s.OneOf[:last], ", ")+" or "+s.OneOf[last])
	} else if last == 0 {
		facts = append(facts, "only "+s.OneOf[0])
	}
	if s.Default != "" {
		facts = append(facts, "default "+s.Default)
	}
	if !s.Public {
		facts = append(facts, "hidden")
	}
	text := strings.Join(facts, ", ")
	if text != "" && s.Summary != "" {
		text += ": "
	}
	return text + s.Summary
}

// settings reads the config member of a manifest strictly.
type settings map[string]Setting

// UnmarshalJSON reads an object of settings.
func (s *settings) UnmarshalJSON(b []byte) error {
	*s = settings{}
	d := json.NewDecoder(bytes.NewReader(b))
	return nested(members(d, func(name string) error {
		var one Setting
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return errors.New("is not JSON")
		}
		err := parseStrict(raw, fields{
			"summary": &one.Summary, "required": &one.Required, "public": &one.Public, "one_of": &one.OneOf, "default": &one.Default,
		})
		if err != nil {
			return fmt.Errorf("the setting %s %w", quote(name), err)
		}
		(*s)[name] = one
		return nil
	}))
}
