package audit_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime/audit"
	"github.com/postern-project/postern/runtime/audit/record"
)

func denied(key string) record.Intent {
	return record.Intent{Op: "get", Key: key, Effect: "deny", Code: "no_rule"}
}

func allowed(key string) record.Intent {
	return record.Intent{Op: "get", Key: key, Effect: "allow", Code: "allowed"}
}

// The two lines of a request share its id, name the caller as the request says
// and the user of the process, and say who answered and how long it took.
func TestIntentAndOutcome(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := audit.New(&out, audit.Options{Required: true, Labels: []string{"team"}})
	at := time.Date(2026, 1, 5, 12, 0, 0, 0, time.FixedZone("x", 3600))
	e, err := log.Intent(context.Background(), record.Intent{
		Time: at, Caller: "web", Op: "get", Key: "db", Effect: "allow", Code: "allowed",
		Labels: map[string]string{"team": "blue", "private": "4711"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Outcome(context.Background(), record.Outcome{Time: at, Result: record.OK, Provider: "env", Version: "7", Micros: 42}); err != nil {
		t.Fatal(err)
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := log.Intent(context.Background(), denied("k")); !errors.Is(err, audit.ErrClosed) {
		t.Errorf("Intent after Close = %v, want ErrClosed", err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d lines, want 2:\n%s", len(lines), &out)
	}
	var intent record.Intent
	var outcome record.Outcome
	if err := errors.Join(json.Unmarshal([]byte(lines[0]), &intent), json.Unmarshal([]byte(lines[1]), &outcome)); err != nil {
		t.Fatal(err)
	}
	if intent.Kind != record.KindIntent || intent.ID == "" || intent.Labels["team"] != "blue" || intent.LabelsLeft != 1 || intent.Time.Hour() != 11 {
		t.Errorf("intent = %s", lines[0])
	}
	want := record.Outcome{
		Time: at.UTC(), Kind: record.KindOutcome, ID: intent.ID, Caller: "web", Op: "get", Key: "db",
		Result: record.OK, Provider: "env", Version: "7", Micros: 42,
	}
	uid := outcome.UID
	outcome.UID = nil
	if outcome != want {
		t.Errorf("outcome = %+v, want %+v", outcome, want)
	}
	if os.Getuid() >= 0 && (uid == nil || *uid != os.Getuid() || intent.UID == nil || *intent.UID != *uid) {
		t.Errorf("uid = %v and %v, want %d", intent.UID, uid, os.Getuid())
	}
	if strings.Contains(out.String(), "4711") {
		t.Errorf("the log holds a label that was not named:\n%s", &out)
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

func TestQueue(t *testing.T) {
	t.Parallel()
	w := stuckWriter{make(chan struct{}), make(chan struct{}, 1)}
	log := audit.New(w, audit.Options{Queue: 3})
	log.Intent(context.Background(), denied("a"))
	<-w.started // one line is being written, three may wait
	for range 10 {
		if _, err := log.Intent(context.Background(), denied("a")); err != nil {
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
	broken := audit.New(brokenWriter{}, audit.Options{Required: true})
	if _, err := broken.Intent(context.Background(), denied("a")); err == nil {
		t.Error("a required line was lost silently")
	}
	if err := broken.Close(); err == nil || broken.Dropped() != 1 {
		t.Errorf("Close = %v, dropped %d", err, broken.Dropped())
	}
}

// Sampling leaves out allowed requests as a whole, and no denial.
func TestSamplesAllowsOnly(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := audit.New(&out, audit.Options{Sample: 10, HashKey: []byte("k"), Required: true})
	audit.TakeTurns(log)
	for i := range 100 {
		r := denied("some/key")
		if i%2 == 0 {
			r = allowed("some/key")
		}
		e, err := log.Intent(context.Background(), r)
		if err != nil {
			t.Fatal(err)
		}
		if i%2 == 0 {
			if err := e.Outcome(context.Background(), record.Outcome{Result: record.OK}); err != nil {
				t.Fatal(err)
			}
		}
	}
	log.Close()
	lines := strings.Count(out.String(), "\n")
	outcomes := strings.Count(out.String(), `"record":"outcome"`)
	if denials := strings.Count(out.String(), `"effect":"deny"`); denials != 50 || lines != 60 || outcomes != 5 {
		t.Errorf("%d lines, %d denials, %d outcomes; want 60, 50, 5", lines, denials, outcomes)
	}
	if strings.Contains(out.String(), "some/key") || strings.Count(out.String(), "key_hmac") != 60 {
		t.Error("the key is in the log")
	}
}

// Sampling draws for each request by itself: in a process of three requests each is as
// likely to be written as any other, whether or not the one before it was.
func TestSamplingDependsOnNoEarlierRequest(t *testing.T) {
	t.Parallel()
	const logs = 2000
	written := map[string]int{} // keys, and pairs of which both were written
	for range logs {
		var out bytes.Buffer
		log := audit.New(&out, audit.Options{Sample: 4, Queue: 8})
		for _, key := range []string{"a", "b", "c"} {
			if _, err := log.Intent(context.Background(), allowed(key)); err != nil {
				t.Fatal(err)
			}
		}
		if err := log.Close(); err != nil {
			t.Fatal(err)
		}
		keys := keysOf(out.String())
		for i, key := range keys {
			written[key]++
			if i > 0 {
				written[keys[i-1]+key]++
			}
		}
	}
	for _, key := range []string{"a", "b", "c"} { // the bounds are more than seven standard deviations away
		if n := written[key]; n < 350 || n > 650 {
			t.Errorf("%q was written in %d of %d logs, want about 500", key, n, logs)
		}
	}
	for _, pair := range []string{"ab", "bc"} {
		if n := written[pair]; n < 45 || n > 205 {
			t.Errorf("%q were written together in %d of %d logs, want about 125", pair, n, logs)
		}
	}
}

// A request that sampling leaves out as allowed has its lines if it is denied later.
func TestDenialAfterASampledIntentIsWritten(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := audit.New(&out, audit.Options{Sample: 1 << 30})
	ctx := context.Background()
	e, err := log.Pending(ctx, denied("k"))
	for _, r := range []record.Intent{allowed("k"), allowed("k"), denied("k")} {
		if err == nil {
			e, err = e.Intent(ctx, r)
		}
	}
	if err == nil {
		err = e.Outcome(ctx, record.Outcome{Result: "denied"})
	}
	if err := errors.Join(err, log.Close()); err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(out.String(), `"record":"intent"`) + strings.Count(out.String(), `"record":"outcome"`); got != 2 {
		t.Errorf("want an intent and an outcome: %s", out.String())
	}
}

func TestOpenAppends(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "log")
	for range 2 {
		log, err := audit.Open(path, audit.Options{})
		if err != nil {
			t.Fatal(err)
		}
		log.Intent(context.Background(), denied("a"))
		if err := errors.Join(log.Close(), log.Close()); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(path)
	if err != nil || strings.Count(string(b), "\n") != 2 {
		t.Errorf("the file holds %q, %v; want two lines", b, err)
	}
	if _, err := audit.Open(t.TempDir(), audit.Options{}); err == nil || strings.Contains(err.Error(), "/") {
		t.Errorf("Open of a folder = %v, want an error without the path", err)
	}
}

// Sampling leaves out a request that was pending as a whole if it is allowed. A
// denial is never left out.
func TestSamplesPendingRequests(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := audit.New(&out, audit.Options{Sample: 10, Required: true})
	audit.TakeTurns(log)
	for i := range 100 {
		r := denied("some/key")
		if i%20 < 10 { // so that the request that is written is allowed or denied
			r = allowed("some/key")
		}
		e, err := log.Pending(context.Background(), record.Intent{Op: "set", Key: "some/key"})
		if err == nil {
			e, err = e.Intent(context.Background(), r)
		}
		if err == nil {
			err = e.Outcome(context.Background(), record.Outcome{Result: record.OK})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	log.Close()
	count := func(text string) int { return strings.Count(out.String(), text) }
	if pending, allows, denials, outcomes := count(`"record":"pending"`), count(`"effect":"allow"`), count(`"effect":"deny"`), count(`"record":"outcome"`); pending != 10 || allows != 5 || denials != 50 || outcomes != 55 {
		t.Errorf("%d pending, %d allows, %d denials, %d outcomes; want 10, 5, 50, 55", pending, allows, denials, outcomes)
	}
	ids := map[string]int{}
	for row := range strings.Lines(out.String()) {
		var r record.Intent
		if err := json.Unmarshal([]byte(row), &r); err != nil {
			t.Fatal(err)
		}
		ids[r.ID]++
	}
	for id, n := range ids {
		if n != 2 && n != 3 {
			t.Errorf("%d lines with the id %q, want 2 or 3", n, id)
		}
	}
}
