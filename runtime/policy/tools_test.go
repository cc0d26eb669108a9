package policy_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/policy/policytest"
)

func TestLogAndReplayTM091(t *testing.T) {
	t.Parallel()
	p := parse(t, example)
	var out bytes.Buffer
	log := policy.NewLog(&out, policy.LogOptions{Required: true, Labels: []string{"team"}})
	reqs := []policy.Request{
		{Caller: "a", Roles: []string{"ops"}, Op: policy.OpGet, Key: "prod/x", Time: noon},
		{Caller: "b", Roles: []string{"dev"}, Op: policy.OpGet, Key: "team/blue/dev/x", Labels: map[string]string{"team": "blue"}, Time: noon},
		{Caller: "c", Roles: []string{"ci"}, Op: policy.OpGet, Key: "ci/x", Time: noon.Add(12 * time.Hour), Labels: map[string]string{"private": "4711"}},
	}
	for _, q := range reqs {
		if err := log.Write(policy.Entry{Request: q, Decision: p.Decide(q), Provider: "env", Took: 3 * time.Microsecond}); err != nil {
			t.Fatal(err)
		}
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	if err := log.Write(policy.Entry{}); !errors.Is(err, policy.ErrLogClosed) {
		t.Errorf("Write after Close: %v", err)
	}
	if strings.Contains(out.String(), "4711") || !strings.Contains(out.String(), `"labels_left_out":1`) {
		t.Errorf("log:\n%s", out.String())
	}
	again, err := policytest.Diff(p, p, bytes.NewReader(out.Bytes()))
	if err != nil || again.Same != 3 || again.Requests != 3 || again.Uncertain != 1 {
		t.Errorf("Diff = %+v, %v", again, err)
	}
	newer := parse(t, strings.Replace(example, `days = "mon-fri"`, `days = "sun-sat"`, 1)+`
		deny { "x", keys = "team/blue/**" } allow { "night", roles = "ci", keys = "ci/**" }`)
	diff, err := policytest.Diff(p, newer, strings.NewReader(out.String()+"\nnot json\n{}\n"))
	if err != nil || diff.DenyToAllow != 1 || diff.AllowToDeny != 1 || diff.Same != 1 || diff.Skipped != 2 {
		t.Errorf("Diff = %+v, %v", diff, err)
	}
	var text strings.Builder
	diff.WriteText(&text)
	if !strings.Contains(text.String(), `line 2: get team/blue/dev/x by "b": allowed "team-own" -> denied_by_rule "x"`) {
		t.Errorf("diff:\n%s", text.String())
	}
}

// brokenWriter fails; stuckWriter waits until it is released.
type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("disk full") }

type stuckWriter struct{ release, started chan struct{} }

func (w stuckWriter) Write(p []byte) (int, error) {
	select {
	case w.started <- struct{}{}:
	default:
	}
	<-w.release
	return len(p), nil
}

func TestLogQueue(t *testing.T) {
	t.Parallel()
	deny := policy.Entry{Request: getKey("a"), Decision: policy.Decision{Code: policy.NoRule}}
	w := stuckWriter{make(chan struct{}), make(chan struct{}, 1)}
	log := policy.NewLog(w, policy.LogOptions{Queue: 3})
	log.Write(deny)
	<-w.started // one record is being written, three may wait
	for range 10 {
		if err := log.Write(deny); err != nil {
			t.Fatal(err)
		}
	}
	if log.Dropped() != 7 {
		t.Errorf("dropped %d, want 7", log.Dropped())
	}
	close(w.release)
	if err := log.Close(); err != nil {
		t.Error(err)
	}
	broken := policy.NewLog(brokenWriter{}, policy.LogOptions{Required: true})
	if err := broken.Write(deny); err == nil {
		t.Error("a required record was lost silently")
	}
	if err := broken.Close(); err == nil || broken.Dropped() != 1 {
		t.Errorf("Close = %v, dropped %d", err, broken.Dropped())
	}
}

func TestLogSamplesAllowsOnly(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := policy.NewLog(&out, policy.LogOptions{Sample: 10, HashKey: []byte("k"), Required: true})
	for i := range 100 {
		log.Write(policy.Entry{Request: getKey("some/key"), Decision: policy.Decision{Allow: i%2 == 0, Code: policy.Allowed}})
	}
	log.Close()
	lines := strings.Count(out.String(), "\n")
	if denials := strings.Count(out.String(), `"effect":"deny"`); denials != 50 || lines != 55 {
		t.Errorf("%d lines, %d denials", lines, denials)
	}
	if strings.Contains(out.String(), "some/key") || strings.Count(out.String(), "key_hmac") != 55 {
		t.Error("the key is in the log")
	}
}
