package all_test

import (
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/internal/capability"
	"github.com/postern-project/postern/runtime/internal/capability/all"
	"github.com/postern-project/postern/runtime/internal/capability/guesttest"
)

// What a guest has kept in an earlier call, as a value or as a name, is masked in its
// text once it is given back.
func TestTM019WhatAGuestHasKeptIsMasked(t *testing.T) {
	t.Parallel()
	const value = "sup3r-s3cret-Value.xyz_77"
	dir := t.TempDir()
	for name, c := range map[string]struct{ keep, back func(g *guesttest.Guest) }{
		"a value of kv": {
			func(g *guesttest.Guest) { g.Send("postern_kv_v1.put", "k", value) },
			func(g *guesttest.Guest) { g.Ask("postern_kv_v1.get", "k") },
		},
		"a key of kv": {
			func(g *guesttest.Guest) { g.Send("postern_kv_v1.put", value, "") },
			func(g *guesttest.Guest) { g.Ask("postern_kv_v1.list", "") },
		},
		"one of many keys of kv": {
			func(g *guesttest.Guest) {
				for _, before := range []string{"a", strings.Repeat("b", 'A'), "c"} {
					g.Send("postern_kv_v1.put", before, "")
				}
				g.Send("postern_kv_v1.put", value, "")
			},
			func(g *guesttest.Guest) { g.Ask("postern_kv_v1.list", "") },
		},
		"a file": {
			func(g *guesttest.Guest) { g.Send("postern_file_v1.write", dir+"/f", value) },
			func(g *guesttest.Guest) { g.Ask("postern_file_v1.read", dir+"/f") },
		},
		"the name of a file": {
			func(g *guesttest.Guest) { g.Send("postern_file_v1.write", dir+"/"+value, "") },
			func(g *guesttest.Guest) { g.Ask("postern_file_v1.list", dir) },
		},
	} {
		g := guesttest.New(t, capability.Options{}, all.Grants{Files: []all.FileGrant{{Path: dir, Write: true}}})
		c.keep(g)
		g.Call.End()
		g.Begin(t.Context())
		c.back(g)
		g.Call.Fail([]byte("kept " + value + "."))
		if text := g.Call.End().GuestText; strings.Contains(text, value) || !strings.HasPrefix(text, "kept [REDACTED:") {
			t.Errorf("%s: the text is %q", name, text)
		}
	}
}
