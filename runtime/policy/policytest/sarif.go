package policytest

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/postern-project/postern/runtime/policy"
)

// WriteSARIF writes the findings about a policy as SARIF 2.1.0, the format that
// code hosts read.
func WriteSARIF(w io.Writer, r policy.Report) error {
	type obj map[string]any
	results := []obj{}
	for _, d := range r.Diagnostics {
		text := d.Msg
		if d.Rule != "" {
			text = d.Rule + ": " + text
		}
		if d.Hint != "" {
			text += fmt.Sprintf(" (did you mean %q?)", d.Hint)
		}
		results = append(results, obj{
			"ruleId":  "policy/" + string(d.Severity),
			"level":   d.Severity,
			"message": obj{"text": text},
			"locations": []obj{{"physicalLocation": obj{
				"artifactLocation": obj{"uri": d.File},
				"region":           obj{"startLine": max(d.Line, 1)},
			}}},
		})
	}
	rules := []obj{{"id": "policy/error"}, {"id": "policy/warning"}}
	return json.NewEncoder(w).Encode(obj{
		"$schema": "https://json.schemastore.org/sarif-2.1.0.json",
		"version": "2.1.0",
		"runs":    []obj{{"tool": obj{"driver": obj{"name": "postern policy check", "rules": rules}}, "results": results}},
	})
}
