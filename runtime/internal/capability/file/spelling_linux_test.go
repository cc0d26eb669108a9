package file_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/capability"
	"github.com/postern-project/postern/runtime/internal/capability/file"
	"github.com/postern-project/postern/runtime/internal/capability/guesttest"
)

// folding returns a guest whose file system stands in for one that finds an entry by
// several names: each name in hidden is there, and is in no listing.
func folding(t testing.TB, dir string, hidden []string, grants ...file.Grant) *guesttest.Guest {
	t.Helper()
	files := file.New(grants)
	files.ReadNames(func(open *os.File, n int) ([]string, error) {
		names, err := open.Readdirnames(n)
		return slices.DeleteFunc(names, func(name string) bool { return slices.Contains(hidden, name) }), err
	})
	opt := capability.Options{Dir: dir, Now: guesttest.Later, MaxValue: 1 << 20, MaxStore: 1 << 20, MaxKeys: 1000, MaxListing: 1 << 20, MaxCall: 64 << 20}
	set, err := capability.Open(opt, files)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { set.Close() })
	return guesttest.Instantiate(t, set, abi.ModuleFile)
}

// A file that its file system finds by several names has the one that its folder lists.
func TestAFileHasOneSpelling_TM231(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ held, other string }{
		{"password", "Password"},
		{"password", "PASSWORD"},
		{"PaSsWoRd", "pAsSwOrD"},
		{"a-very-long-name", "A-VERY~1"},
		{"2024 01 02", "202401~1"},
		{"password", "password."},
		{"1234", "1234."},
		{"1234567890", "12345678"}, // a short name without a tilde
		{"caf\u00e9", "cafe\u0301"},
		{"\u212aey", "key"}, // the sign for kelvin
		{"stra\u00dfe", "strasse"},
	} {
		for _, follow := range []bool{false, true} {
			for _, held := range []string{c.held, "sub/" + c.held, c.held + "/x", c.held + "/sub/x"} {
				other := strings.Replace(held, c.held, c.other, 1)
				dir := tree(t, map[string]string{"d/" + held: "value", "d/" + other: "value"})
				// Where case is distinguished, the spelling in the other case is missing, so
				// it is made, as a file system that ignores case has it.
				hidden := []string{c.other}
				for _, name := range []string{c.held, c.other} {
					if swapped := swapCase(name); swapped != c.held && swapped != c.other {
						hidden = append(hidden, swapped)
						plant(t, filepath.Join(dir, "d", strings.Replace(held, c.held, swapped, 1)), "value", false)
					}
				}
				g := folding(t, dir, hidden, file.Grant{Path: "d", Write: true, FollowLinks: follow})
				for _, fn := range []string{fileRead, fileStat, fileList} {
					g.Begin(t.Context())
					path := "d/" + other
					if fn == fileList && filepath.Base(other) != "x" {
						continue
					} else if fn == fileList {
						path = "d/" + c.other
					}
					if got, status := g.Ask(fn, path); status != abi.NotFound {
						t.Errorf("follow %v, %s(%q) = %q, %v, want not_found", follow, fn, path, got, status)
					}
				}
				g.Begin(t.Context())
				if status := g.Send(fileWrite, "d/"+other, "new"); status != abi.Capability && status != abi.NotFound {
					t.Errorf("follow %v, write(%q) = %v, want it refused", follow, other, status)
				}
				if status := g.Name(fileRemove, "d/"+other); status != abi.Capability && status != abi.NotFound {
					t.Errorf("follow %v, remove(%q) = %v, want it refused", follow, other, status)
				}
				if b, err := os.ReadFile(filepath.Join(dir, "d", other)); string(b) != "value" {
					t.Errorf("follow %v, the file %q holds %q, %v", follow, other, b, err)
				}
				g.Begin(t.Context())
				if got, status := g.Ask(fileRead, "d/"+held); got != "value" || status != abi.OK {
					t.Errorf("follow %v, read(%q) = %q, %v", follow, held, got, status)
				}
				if status := g.Send(fileWrite, "d/"+held, "new"); status != abi.OK {
					t.Errorf("follow %v, write(%q) = %v", follow, held, status)
				}
				if status := g.Name(fileRemove, "d/"+held); status != abi.OK {
					t.Errorf("follow %v, remove(%q) = %v", follow, held, status)
				}
			}
		}
	}
}

func swapCase(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z':
			return r - 'a' + 'A'
		case 'A' <= r && r <= 'Z':
			return r - 'A' + 'a'
		}
		return r
	}, name)
}

// What a grant or the setting "path" names may be spelled otherwise: the operator chose it.
func TestSpellingOfAGrantIsTheOperators(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{"D/pw": "value", "d/": ""})
	for _, path := range []string{"D", "D/pw"} {
		g := folding(t, dir, []string{"D"}, file.Grant{Path: path})
		if got, status := g.Ask(fileRead, "D/pw"); got != "value" || status != abi.OK {
			t.Errorf("grant %q: read = %q, %v", path, got, status)
		}
	}
}

// A new file that gets another name than was asked for, as FAT gives it, is not kept.
func TestANewFileUnderAnotherNameIsRefused_TM231(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{"d/": "", "d/NEW": "value"})
	for _, path := range []string{"d/new", "d/1.", "d/caf\u00e9"} {
		g := folding(t, dir, []string{"new", "1.", "caf\u00e9"}, file.Grant{Path: "d", Write: true})
		if status := g.Send(fileWrite, path, "new"); status != abi.Capability {
			t.Errorf("write(%q) = %v, want capability", path, status)
		}
		if err := g.Call.End().Denied; err == nil || !strings.Contains(err.Error(), "another spelling") {
			t.Errorf("write(%q): the reason is %v", path, err)
		}
	}
	if got, err := os.ReadDir(filepath.Join(dir, "d")); err != nil || len(got) != 1 {
		t.Errorf("the folder has %v, %v", got, err)
	}
}

// A call that asks for all files of a folder reads its names once, however it folds.
func TestNamesOfAFolderAreReadOnceInACall(t *testing.T) {
	t.Parallel()
	plain := map[string]string{"d/": ""}
	for n := range 500 {
		plain["d/"+strings.Repeat("1", n%50+1)+strings.Repeat("0", n/50)] = "v"
	}
	dir := tree(t, plain)
	files, reads := file.New([]file.Grant{{Path: "d"}}), 0
	files.ReadNames(func(open *os.File, n int) ([]string, error) {
		reads++
		return open.Readdirnames(n)
	})
	set, err := capability.Open(capability.Options{Dir: dir, Now: guesttest.Later, MaxValue: 1 << 20, MaxStore: 1 << 20, MaxKeys: 1000, MaxListing: 1 << 20, MaxCall: 64 << 20}, files)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { set.Close() })
	g := guesttest.Instantiate(t, set, abi.ModuleFile)
	for name := range plain {
		if name == "d/" {
			continue
		}
		if got, status := g.Ask(fileRead, name); got != "v" || status != abi.OK {
			t.Fatalf("read(%q) = %q, %v", name, got, status)
		}
	}
	if reads > 4 {
		t.Errorf("names were read %d times", reads)
	}
}
