package window_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime/policy/internal/window"
)

var berlinAtNoon = time.Date(2026, 1, 5, 11, 0, 0, 0, time.UTC)

// The variable is read once per process, hence a process of its own.
func TestTM199ParseZoneIgnoresTheEnvironment(t *testing.T) {
	const asked = "ZONE_TEST_CHILD"
	if os.Getenv(asked) != "" {
		loc, err := window.ParseZone("Europe/Berlin")
		if err != nil {
			t.Fatal(err)
		}
		if hour := berlinAtNoon.In(loc).Hour(); hour != 12 {
			t.Errorf("hour in Europe/Berlin with ZONEINFO=%s: %d, want 12", os.Getenv("ZONEINFO"), hour)
		}
		if _, err := window.ParseZone("Made/Up"); err == nil {
			t.Error("a zone that only $ZONEINFO has was accepted")
		}
		return
	}
	dir := t.TempDir()
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	for _, name := range []string{"Europe/Berlin", "Made/Up"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, tokyo(), 0o600); err != nil {
			t.Fatal(err)
		}
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(tokyo()); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	packed := filepath.Join(t.TempDir(), "zones.zip")
	if err := os.WriteFile(packed, archive.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, source := range []string{dir, packed} {
		cmd := exec.Command(self, "-test.run=^"+t.Name()+"$")
		cmd.Env = append(os.Environ(), asked+"=1", "ZONEINFO="+source)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	}
}

// tokyo is a zone file that has no changes and is always 9 hours ahead.
func tokyo() []byte {
	b := append([]byte("TZif"), make([]byte, 16)...)
	for _, n := range []uint32{0, 0, 0, 0, 1, 4} { // one type, 4 bytes of abbreviations
		b = binary.BigEndian.AppendUint32(b, n)
	}
	b = binary.BigEndian.AppendUint32(b, 9*3600)
	return append(b, "\x00\x00JST\x00"...)
}

func TestParseZoneRefusesWhatIsNotAZone(t *testing.T) {
	for _, name := range []string{
		"", "Local", "localtime", "posixrules", "Factory", "right/UTC", "posix/UTC", "right/Europe/Berlin", "posix/Europe/Berlin",
		"Europe", "Europe/", "/Europe/Berlin", "./UTC", "Europe/../UTC", "../zoneinfo/UTC", "/usr/share/zoneinfo/UTC", "Europe//Berlin",
		`Europe\Berlin`, "europe/berlin", "utc", " UTC", "UTC\x00", "tzdata.zi", "zone.tab", "leapseconds", "Nowhere/Town",
	} {
		if loc, err := window.ParseZone(name); err == nil {
			t.Errorf("ParseZone(%q) = %v, want an error", name, loc)
		}
	}
}

func TestParseZoneKnowsEveryZone(t *testing.T) {
	archive, err := zip.OpenReader("zoneinfo.zip")
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	found := 0
	for _, f := range archive.File {
		if f.FileInfo().IsDir() || f.Name == "Factory" {
			continue
		}
		found++
		loc, err := window.ParseZone(f.Name)
		if err != nil {
			t.Error(err)
			continue
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		want, err := time.LoadLocationFromTZData(f.Name, data)
		if err != nil {
			t.Fatal(err)
		}
		for month := time.January; month <= time.December; month++ {
			at := time.Date(2026, month, 15, 12, 0, 0, 0, time.UTC)
			_, got := at.In(loc).Zone()
			if _, offset := at.In(want).Zone(); got != offset {
				t.Errorf("%s in %s is %d s ahead of UTC, want %d", f.Name, month, got, offset)
			}
		}
	}
	if found < 500 {
		t.Errorf("%d zones, want all", found)
	}
}

// Governments change their zones: the copy must be as new as that of the toolchain
// with which releases are built.
func TestZonesAreThoseOfTheToolchain(t *testing.T) {
	if os.Getenv("CI") != "true" {
		t.Skip("compared in CI, whose toolchain builds releases")
	}
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(string(bytes.TrimSpace(out)), "lib", "time", "zoneinfo.zip")
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile("zoneinfo.zip"); err != nil || !bytes.Equal(got, want) {
		t.Errorf("zoneinfo.zip is not that of %s (%v): copy %s here", runtime.Version(), err, path)
	}
}
