//go:build unix

package file_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	goruntime "runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/capability"
	"github.com/postern-project/postern/runtime/internal/capability/all"
	"github.com/postern-project/postern/runtime/internal/capability/file"
	"github.com/postern-project/postern/runtime/internal/capability/guesttest"
	"github.com/postern-project/postern/runtime/secret"
)

func link(t testing.TB, target, path string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
}

const canary = "canary-7f3a"

// spellings returns paths, in many spellings, that contain name.
func spellings(dir, name string) []string {
	abs := dir + "/grant/" + name
	out := []string{}
	for _, p := range []string{"grant/" + name, abs, "/" + abs, "./grant/./" + name, "grant//" + name, "grant/sub/../" + name, "grant/../grant/" + name} {
		for _, tail := range []string{"", "/", "//", "/.", "/./", "/..", "/../" + name, "/" + canary, "/./" + canary + "/", "/../outside/" + canary, "/sub/../" + canary} {
			out = append(out, p+tail)
		}
	}
	return append(out,
		"outside/"+canary, dir+"/outside/"+canary, "grant/../outside/"+canary, "grant/sub/../../outside/"+canary,
		dir+"/grant/../outside/"+canary, "../"+filepath.Base(dir)+"/outside/"+canary, "grant2/"+canary,
		"/", "/etc/passwd", "/proc/self/environ", "//proc/self/environ", "..", "../..", "grant/"+name+"\\..\\..\\outside", "~/"+canary,
	)
}

// Links in a granted folder, combined with spellings of paths: nothing outside is
// read, listed, described, changed or removed.
func TestTM033TM035NoPathLeadsOut(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{
		"grant/sub/a": "inside", "grant/real": "inside", "outside/" + canary: canary, "grant2/" + canary: canary,
	})
	links := map[string]string{
		"file-rel": "../outside/" + canary, "file-abs": dir + "/outside/" + canary, "file-slash": "../outside/" + canary + "/",
		"dir-rel": "../outside", "dir-abs": dir + "/outside", "dir-slash": "../outside/", "parent": "..", "climb": "sub/../../outside",
		"root": "/", "proc": "/proc/self/environ", "procroot": "/proc/self/root" + dir + "/outside", "sibling": "../grant2",
		"chain": "dir-rel", "chain2": "chain/" + canary, "loop": "loop", "self-abs": dir + "/grant/real", "dangling": "../outside/new",
		"sub/deep": "../../outside",
	}
	for name, target := range links {
		link(t, target, filepath.Join(dir, "grant", name))
	}
	g := fileGuest(t, dir, file.Grant{Path: "grant", Write: true, FollowLinks: true})
	tried := 0
	for name := range links {
		for _, path := range spellings(dir, name) {
			g.Begin(t.Context())
			for _, fn := range []string{fileRead, fileStat, fileList} {
				tried++
				if got, status := g.Ask(fn, path); strings.Contains(got, canary) {
					t.Errorf("%s(%q) = %q, %v: it leads out", fn, path, got, status)
				}
			}
			if got, status := g.Ask(fileRead, path); status == abi.OK && got != "inside" {
				t.Errorf("read(%q) = %q", path, got)
			}
			// Files inside may be changed, but not through a link.
			if status := g.Send(fileWrite, path, "inside"); status == abi.OK && !insideOnly(dir, path, name) {
				t.Errorf("write(%q) = ok", path)
			}
			g.Name(fileRemove, path)
		}
	}
	if tried < 60*len(links) {
		t.Errorf("%d paths tried", tried)
	}
	for _, path := range []string{"outside/" + canary, "grant2/" + canary} {
		if b, err := os.ReadFile(filepath.Join(dir, path)); string(b) != canary {
			t.Errorf("%s holds %q, %v", path, b, err)
		}
	}
	for name := range links {
		if _, err := os.Readlink(filepath.Join(dir, "grant", name)); err != nil {
			t.Errorf("the link %s was replaced or removed: %v", name, err)
		}
	}
	if got, err := os.ReadDir(filepath.Join(dir, "outside")); err != nil || len(got) != 1 {
		t.Errorf("outside has %v, %v", got, err)
	}
}

// insideOnly reports whether path, without its dots, names something in the
// granted folder that is not the link.
func insideOnly(dir, path, name string) bool {
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	rel, err := filepath.Rel(filepath.Join(dir, "grant"), path)
	return err == nil && filepath.IsLocal(rel) && rel != name && !strings.HasPrefix(rel, name+"/")
}

// A link is switched between targets while paths through it are checked and used.
func TestTM034SwappedLinkNeverLeadsOut(t *testing.T) {
	t.Parallel()
	rounds := 10_000
	if testing.Short() {
		rounds = 1_000
	}
	dir := tree(t, map[string]string{"grant/in/a": "inside", "outside/a": canary})
	g := fileGuest(t, dir, file.Grant{Path: "grant", Write: true, FollowLinks: true})
	stop, done := make(chan struct{}), make(chan int)
	go func() {
		flips := 0
		for ; ; flips++ {
			select {
			case <-stop:
				done <- flips
				return
			default:
			}
			temp := filepath.Join(dir, "temp")
			target := []string{"in", "../outside", dir + "/outside"}[flips%3]
			if os.Symlink(target, temp) != nil || os.Rename(temp, filepath.Join(dir, "grant/flip")) != nil {
				t.Error("the swapper failed")
				<-stop
				done <- flips
				return
			}
		}
	}()
	inside, refused := 0, 0
	for i := range rounds {
		g.Begin(t.Context())
		got, status := g.Ask(fileRead, "grant/flip/a")
		switch {
		case got == "inside":
			inside++
		case status == abi.Capability || status == abi.NotFound:
			refused++
		default:
			t.Fatalf("read %d = %q, %v", i, got, status)
		}
		if i%50 == 0 {
			g.Send(fileWrite, "grant/flip/a", "inside")
		}
	}
	close(stop)
	flips := <-done
	if b, _ := os.ReadFile(filepath.Join(dir, "outside/a")); string(b) != canary {
		t.Errorf("the outside file holds %q", b)
	}
	t.Logf("%d flips; %d reads inside, %d refused, 0 outside", flips, inside, refused)
}

// A link is switched between two files of the folder while it is read: the value of
// the other file is never the answer for its name.
func TestSwappedLinkIsNoSecondName(t *testing.T) {
	t.Parallel()
	rounds := 10_000
	if testing.Short() {
		rounds = 1_000
	}
	dir := tree(t, map[string]string{"grant/own/a": "own", "grant/denied/a": canary, "temp/a": "own"})
	g := fileGuest(t, dir, file.Grant{Path: "grant"})
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			default:
			}
			// The name is a folder, then a link to the denied one.
			flip, temp := filepath.Join(dir, "grant/flip"), filepath.Join(dir, "temp")
			if n%2 == 0 {
				_ = os.Rename(temp, flip)
				_ = os.Rename(flip, temp)
			} else if os.Symlink("denied", flip) == nil {
				_ = os.Remove(flip)
			}
		}
	}()
	for i := range rounds {
		g.Begin(t.Context())
		for _, fn := range []string{fileRead, fileStat} {
			switch got, status := g.Ask(fn, "grant/flip/a"); {
			case strings.Contains(got, canary):
				t.Errorf("%s %d = %q: the file has a second name", fn, i, got)
			case status != abi.OK && status != abi.Capability && status != abi.NotFound && status != abi.Unavailable:
				t.Errorf("%s %d = %v", fn, i, status)
			}
		}
	}
	close(stop)
	<-done
}

func TestTM036DangerousFoldersAreRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	link(t, "/", filepath.Join(dir, "root"))
	link(t, "/proc/self", filepath.Join(dir, "self"))
	for _, path := range []string{
		"/", "//", "/..", "/proc", "/proc/", "/proc/self/environ", "/sys", "/sys/kernel", "/dev", "/dev/null", "/dev/fd", "/dev/shm",
		"/tmp/../proc", "root", "self", "self/environ", strings.Repeat("../", 40), strings.Repeat("../", 40) + "proc",
	} {
		if goruntime.GOOS != "linux" && strings.HasPrefix(path, "self") {
			continue // the target of the link does not exist
		}
		_, err := guesttest.TryOpen(capability.Options{Dir: dir}, all.Grants{Files: []file.Grant{{Path: path}}})
		guesttest.WantCode(t, fmt.Sprintf("Open(files %q)", path), err, secret.ErrLoad, "grant files")
	}
	for _, path := range []string{".", "..", "/procs", "/developer", "/dev/shm/secrets", "/not/there/yet"} {
		if _, err := guesttest.TryOpen(capability.Options{Dir: dir}, all.Grants{Files: []file.Grant{{Path: path}}}); err != nil {
			t.Errorf("Open(files %q) = %v", path, err)
		}
	}
}

// Pipes, sockets and devices are refused at once. If opening one blocked, this test
// would not end.
func TestTM037OnlyRegularFilesAreRead(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "tm037") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.Mkdir(filepath.Join(dir, "in"), 0o700))
	must(syscall.Mkfifo(filepath.Join(dir, "in/pipe"), 0o600))
	must(syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600))
	listener, err := net.Listen("unix", filepath.Join(dir, "in/socket"))
	must(err)
	defer listener.Close()
	link(t, "pipe", filepath.Join(dir, "in/link"))
	special := []string{"in/pipe", "in/socket", "in/link", "pipe"}
	if syscall.Mknod(filepath.Join(dir, "in/null"), syscall.S_IFCHR|0o600, 1<<8|3) == nil { // needs root
		special = append(special, "in/null")
	}
	plant(t, filepath.Join(dir, "in/file"), "x", false)
	g := fileGuest(t, dir, file.Grant{Path: "in", Write: true}, file.Grant{Path: "pipe", Write: true})
	for _, path := range special {
		for _, fn := range []string{fileRead, fileStat, fileList} {
			if _, status := g.Ask(fn, path); status != abi.Capability {
				t.Errorf("%s(%q) = %v, want %v", fn, path, status, abi.Capability)
			}
		}
		for _, below := range []string{path + "/x"} {
			if _, status := g.Ask(fileRead, below); status != abi.NotFound {
				t.Errorf("read(%q) = %v, want %v", below, status, abi.NotFound)
			}
			if status := g.Send(fileWrite, below, "x"); status != abi.NotFound {
				t.Errorf("write(%q) = %v, want %v", below, status, abi.NotFound)
			}
		}
		if status := g.Send(fileWrite, path, "x"); status != abi.Capability {
			t.Errorf("write(%q) = %v, want %v", path, status, abi.Capability)
		}
		if status := g.Name(fileRemove, path); status != abi.Capability {
			t.Errorf("remove(%q) = %v, want %v", path, status, abi.Capability)
		}
	}
	list, _ := g.Ask(fileList, "in")
	if got := guesttest.Fields(t, list, abi.TagName); !slices.Equal(got, []string{"file"}) {
		t.Errorf("list = %q, want the regular file alone", got)
	}
}

func TestTM038SparseFileTakesNoMemory(t *testing.T) {
	dir := tree(t, map[string]string{"a": ""})
	if err := os.Truncate(filepath.Join(dir, "a"), 100<<30); err != nil {
		t.Skipf("no sparse file of 100 GB here: %v", err)
	}
	g := fileGuest(t, dir, file.Grant{Path: "a"})
	var before, after goruntime.MemStats
	goruntime.ReadMemStats(&before)
	_, status := g.Ask(fileRead, "a")
	goruntime.ReadMemStats(&after)
	if status != abi.TooLarge {
		t.Errorf("read = %v, want %v", status, abi.TooLarge)
	}
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 1<<20 {
		t.Errorf("%d bytes allocated to refuse a file", grown)
	}
}

// volume lays out a mounted Secret as kubelet does.
func volume(t testing.TB, dir, generation, value string) {
	t.Helper()
	for _, name := range []string{"user", "password", "sub/deep"} {
		plant(t, filepath.Join(dir, generation, name), value, false)
	}
	link(t, generation, filepath.Join(dir, "..tmp"))
	if err := os.Rename(filepath.Join(dir, "..tmp"), filepath.Join(dir, "..data")); err != nil {
		t.Fatal(err)
	}
}

func TestFileVolumeIsReadFromOneGeneration(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mount := filepath.Join(dir, "secrets/db")
	volume(t, mount, "..2024_01", "old")
	for _, name := range []string{"user", "password", "sub"} {
		link(t, "..data/"+name, filepath.Join(mount, name))
	}
	for _, grants := range [][]file.Grant{
		{{Path: "secrets/db"}}, {{Path: "secrets"}}, {{Path: "secrets/db/user"}, {Path: "secrets/db/password"}, {Path: "secrets/db/sub"}},
	} {
		g := fileGuest(t, dir, grants...)
		read := func(name, want string, status abi.Status) {
			t.Helper()
			if got, s := g.Ask(fileRead, "secrets/db/"+name); got != want || s != status {
				t.Errorf("grants %v: read(%q) = %q, %v, want %q, %v", grants, name, got, s, want, status)
			}
		}
		volume(t, mount, "..2024_01", "old")
		read("user", "old", abi.OK)
		volume(t, mount, "..2024_02", "new")
		read("password", "old", abi.OK)
		deep := "old"
		if len(grants) > 1 {
			deep = "new" // a folder with its own grant is opened when it is first used
		}
		read("sub/deep", deep, abi.OK)
		g.Begin(t.Context())
		read("password", "new", abi.OK)

		// The generation is removed during a call that has read from it.
		volume(t, mount, "..2024_01", "old")
		g.Begin(t.Context())
		read("user", "old", abi.OK)
		volume(t, mount, "..2024_02", "new")
		if err := os.RemoveAll(filepath.Join(mount, "..2024_01")); err != nil {
			t.Fatal(err)
		}
		read("password", "", abi.Unavailable)
		read("user", "old", abi.OK) // read before
		g.Begin(t.Context())
		read("user", "new", abi.OK)
	}
	g := fileGuest(t, dir, file.Grant{Path: "secrets/db"})
	list, _ := g.Ask(fileList, "secrets/db")
	if got := guesttest.Fields(t, list, abi.TagName); !slices.Equal(got, []string{"password", "sub", "user"}) {
		t.Errorf("list = %q", got)
	}
	// Nothing was read yet, so the call takes the next generation.
	link(t, "..data/absent", filepath.Join(mount, "absent"))
	g.Begin(t.Context())
	if _, status := g.Ask(fileRead, "secrets/db/absent"); status != abi.NotFound {
		t.Errorf("read of a dangling link = %v, want %v", status, abi.NotFound)
	}
	volume(t, mount, "..2024_03", "newest")
	if err := os.RemoveAll(filepath.Join(mount, "..2024_02")); err != nil {
		t.Fatal(err)
	}
	if got, status := g.Ask(fileRead, "secrets/db/user"); got != "newest" || status != abi.OK {
		t.Errorf("read after a swap = %q, %v, want %q", got, status, "newest")
	}
	// A link named like kubelet's that leads out is treated like any other link.
	hostile := tree(t, map[string]string{"grant/x": "inside", "outside/x": canary})
	link(t, "../outside", filepath.Join(hostile, "grant/..data"))
	link(t, "..data/x", filepath.Join(hostile, "grant/y"))
	g = fileGuest(t, hostile, file.Grant{Path: "grant"})
	for _, path := range []string{"grant/y", "grant/..data/x"} {
		if got, status := g.Ask(fileRead, path); status != abi.Capability {
			t.Errorf("read(%q) = %q, %v, want %v", path, got, status, abi.Capability)
		}
	}
}

// asNobody runs f with the file permissions of another user, if the system allows it.
func asNobody(t *testing.T, f func()) {
	t.Helper()
	if os.Geteuid() != 0 {
		f()
		return
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		goruntime.LockOSThread() // never unlocked, so that the thread ends with the goroutine
		if !dropRights() {
			t.Log("skipped: root can read everything here")
			return
		}
		f()
	}()
	<-done
}

func TestFileWithoutRightsIsForbidden(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{"in/a": "x", "in/locked/b": "x", "closed": "x"})
	for path, mode := range map[string]os.FileMode{"in/a": 0, "in/locked": 0, "closed": 0, "in": 0o555, "": 0o755} {
		if err := os.Chmod(filepath.Join(dir, path), mode); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		_ = os.Chmod(filepath.Join(dir, "in"), 0o700)
		_ = os.Chmod(filepath.Join(dir, "in/locked"), 0o700)
	})
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	g := fileGuest(t, dir, file.Grant{Path: "in", Write: true}, file.Grant{Path: "closed"})
	asNobody(t, func() {
		for _, path := range []string{"in/a", "in/locked/b", "closed"} {
			if _, status := g.Ask(fileRead, path); status != abi.Forbidden {
				t.Errorf("read(%q) = %v, want %v", path, status, abi.Forbidden)
			}
		}
		if status := g.Send(fileWrite, "in/new", "x"); status != abi.Forbidden {
			t.Errorf("write into a closed folder = %v, want %v", status, abi.Forbidden)
		}
	})
}

func TestFileWriteKeepsModeAndOwner(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{"old": "before"})
	path := filepath.Join(dir, "old")
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	uid := os.Getuid()
	if uid == 0 {
		uid = 1234
		if err := os.Chown(path, uid, uid); err != nil {
			t.Fatal(err)
		}
	}
	g := fileGuest(t, dir, file.Grant{Path: ".", Write: true})
	for name, want := range map[string]os.FileMode{"old": 0o640, "new": 0o600} {
		if status := g.Send(fileWrite, name, "after"); status != abi.OK {
			t.Errorf("write(%q) = %v", name, status)
		}
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode() != want {
			t.Errorf("%s has mode %v, %v, want %v", name, info.Mode(), err, want)
		}
	}
	info, err := os.Stat(path)
	if err != nil || int(info.Sys().(*syscall.Stat_t).Uid) != uid {
		t.Errorf("the owner is %d, %v, want %d", info.Sys().(*syscall.Stat_t).Uid, err, uid)
	}
}

// The disk is full in the middle of a write. A limit on the size of files simulates
// that; since it applies to the whole process, the test runs in a second one.
func TestFileWriteThatFailsLeavesTheOldFile(t *testing.T) {
	if os.Getenv("CAPABILITY_FULL_DISK") == "" {
		exe, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), exe, "-test.run=^TestFileWriteThatFailsLeavesTheOldFile$")
		cmd.Env = append(os.Environ(), "CAPABILITY_FULL_DISK=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
		return
	}
	dir := tree(t, map[string]string{"old": "before"})
	g := fileGuest(t, dir, file.Grant{Path: ".", Write: true})
	signal.Ignore(syscall.SIGXFSZ)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 4096, Max: 4096}); err != nil {
		t.Skip(err)
	}
	for _, name := range []string{"old", "new"} {
		if status := g.Send(fileWrite, name, strings.Repeat("x", 10_000)); status != abi.Unavailable {
			t.Errorf("write(%q) = %v, want %v", name, status, abi.Unavailable)
		}
	}
	wantTree(t, dir, "old")
	if b, err := os.ReadFile(filepath.Join(dir, "old")); string(b) != "before" {
		t.Errorf("the old file holds %q, %v", b, err)
	}
}

// Folders are opened for one call: the next call follows the path again.
func TestFileFolderMayBeReplaced(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{"in/a": "old", "next/a": "new"})
	g := fileGuest(t, dir, file.Grant{Path: "in"})
	g.Ask(fileRead, "in/a")
	if err := errors.Join(os.Rename(filepath.Join(dir, "in"), filepath.Join(dir, "gone")), os.Rename(filepath.Join(dir, "next"), filepath.Join(dir, "in"))); err != nil {
		t.Fatal(err)
	}
	g.Begin(t.Context())
	if got, status := g.Ask(fileRead, "in/a"); got != "new" || status != abi.OK {
		t.Errorf("read = %q, %v, want %q", got, status, "new")
	}
}
