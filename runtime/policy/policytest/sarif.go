package policytest

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/url"
	"path/filepath"
	"slices"

	"github.com/postern-project/postern/runtime/policy"
)

// WriteSARIF writes the findings about policies as SARIF 2.1.0, the format that code
// hosts read, in one run. Each kind of finding is a rule of its own.
func WriteSARIF(w io.Writer, reports ...policy.Report) error {
	type obj map[string]any
	results := []obj{}
	for _, r := range reports {
		for _, d := range r.Diagnostics {
			text := d.Msg
			if d.Rule != "" {
				text = d.Rule + ": " + text
			}
			if d.Hint != "" {
				text += fmt.Sprintf(" (did you mean %q?)", d.Hint)
			}
			results = append(results, obj{
				"ruleId":  rulePrefix + d.ID,
				"level":   d.Severity,
				"message": obj{"text": text},
				"locations": []obj{{"physicalLocation": obj{
					"artifactLocation": obj{"uri": uriOf(d.File)},
					"region":           obj{"startLine": max(d.Line, 1)},
				}}},
			})
		}
	}
	rules := []obj{}
	ids := policy.DiagnosticIDs()
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		rules = append(rules, obj{"id": rulePrefix + id, "shortDescription": obj{"text": ids[id]}})
	}
	return json.NewEncoder(w).Encode(obj{
		"$schema": "https://json.schemastore.org/sarif-2.1.0.json",
		"version": "2.1.0",
		"runs":    []obj{{"tool": obj{"driver": obj{"name": "postern policy check", "rules": rules}}, "results": results}},
	})
}

const rulePrefix = "policy/"

// uriOf returns a path as a URI reference.
func uriOf(path string) string {
	path = filepath.ToSlash(path)
	u := url.URL{Path: path}
	if filepath.IsAbs(path) {
		u.Scheme = "file"
	}
	return u.String()
}
