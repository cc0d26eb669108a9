package policytest_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/policy/policytest"
)

func TestWriteSARIF(t *testing.T) {
	t.Parallel()
	for _, src := range []string{`allow { "all", keys = "**" }`, `alow {}`} {
		r := policy.CheckSource("policy.lua", []byte(src), policy.Options{})
		var sarif bytes.Buffer
		if err := policytest.WriteSARIF(&sarif, r); err != nil {
			t.Fatal(err)
		}
		var log struct {
			Version string
			Runs    []struct {
				Results []struct {
					Level, RuleID string
					Locations     []struct {
						PhysicalLocation struct {
							ArtifactLocation struct{ URI string }
							Region           struct{ StartLine int }
						}
					}
				}
			}
		}
		if err := json.Unmarshal(sarif.Bytes(), &log); err != nil || log.Version != "2.1.0" {
			t.Fatalf("SARIF %s: %v", sarif.String(), err)
		}
		loc := log.Runs[0].Results[0].Locations[0].PhysicalLocation
		if loc.ArtifactLocation.URI != "policy.lua" || loc.Region.StartLine != 1 {
			t.Errorf("SARIF location %+v", loc)
		}
	}
}
