package abi_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/abi"
)

// spec returns SPEC.md, whose tables must match this package.
func spec(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../guest-sdk/SPEC.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// under returns the text between the heading that begins with title and the next
// heading of its level or above.
func under(t *testing.T, text, title string) string {
	t.Helper()
	_, rest, ok := strings.Cut("\n"+text, "\n"+title)
	if !ok {
		t.Fatalf("SPEC.md has no heading %q", title)
	}
	level := strings.IndexByte(title, ' ')
	end := regexp.MustCompile(fmt.Sprintf(`\n#{1,%d} `, level)).FindStringIndex(rest)
	if end == nil {
		return rest
	}
	return rest[:end[0]]
}

// rows returns the cells of the table rows in text, without headers and without
// backquotes.
func rows(text string) [][]string {
	var all [][]string
	header := true
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") {
			header = true
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = strings.ReplaceAll(strings.TrimSpace(cells[i]), "`", "")
		}
		if header {
			header = false
			continue
		}
		if strings.Trim(cells[0], "-") != "" {
			all = append(all, cells)
		}
	}
	return all
}

func wantLines(t *testing.T, what string, specified, coded []string) {
	t.Helper()
	if !slices.Equal(specified, coded) {
		t.Errorf("%s: SPEC.md and the code differ\nSPEC.md:\n  %s\ncode:\n  %s", what,
			strings.Join(specified, "\n  "), strings.Join(coded, "\n  "))
	}
}

func TestSpecExports(t *testing.T) {
	t.Parallel()
	var specified, coded []string
	section := under(t, spec(t), "## 2. Exports")
	for _, row := range rows(section) {
		specified = append(specified, row[0])
	}
	for _, f := range abi.Exports() {
		coded = append(coded, f.Name)
		want := []abi.Type{abi.I32}
		if f.Name == abi.ExportInitialize {
			want = nil
		}
		if f.Module != "" || len(f.Params) != 0 || !slices.Equal(f.Results, want) {
			t.Errorf("export %s: %+v, want no module, no parameters and results %v", f.Name, f, want)
		}
	}
	wantLines(t, "exports", specified, coded)
	if !strings.Contains(section, "takes no parameters and returns a status (section 5) as `i32`") {
		t.Error("SPEC.md does not state the signature of the exports in the words that this test expects")
	}
	if !strings.Contains(spec(t), "exports one memory, named `"+abi.ExportMemory+"`") {
		t.Errorf("SPEC.md does not name the memory %q", abi.ExportMemory)
	}
}

func TestSpecImports(t *testing.T) {
	t.Parallel()
	var specified, coded []string
	section := under(t, spec(t), "## 3. Imports")
	for _, heading := range regexp.MustCompile("(?m)^### `([a-z0-9_]+)`").FindAllStringSubmatch(section, -1) {
		for _, row := range rows(under(t, section, heading[0])) {
			params := []string{}
			for param := range strings.SplitSeq(row[1], ",") {
				if words := strings.Fields(param); len(words) == 2 { // its name and its type
					params = append(params, words[1])
				}
			}
			specified = append(specified, fmt.Sprintf("%s.%s(%s) %s", heading[1], row[0], strings.Join(params, " "), row[2]))
		}
	}
	for _, f := range abi.Imports() {
		coded = append(coded, fmt.Sprintf("%s.%s(%s) %s", f.Module, f.Name, types(f.Params), types(f.Results)))
	}
	wantLines(t, "imports", specified, coded)
	if want := "`" + abi.ModuleHTTP + "` and `" + abi.ModuleSecret + "` are reserved"; !strings.Contains(section, want) {
		t.Errorf("SPEC.md does not say that %s", want)
	}
	if want := "## 4. `" + abi.ModuleWASI + "`"; !strings.Contains(spec(t), want) {
		t.Errorf("SPEC.md has no heading %q", want)
	}
}

func TestSpecWASIImports(t *testing.T) {
	t.Parallel()
	var specified, coded []string
	for _, row := range rows(under(t, spec(t), "## 4. ")) {
		for name := range strings.SplitSeq(row[0], ", ") {
			specified = append(specified, name)
		}
	}
	for _, f := range abi.WASIImports() {
		coded = append(coded, f.Name)
		if f.Module != abi.ModuleWASI {
			t.Errorf("%s belongs to %q", f.Name, f.Module)
		}
	}
	wantLines(t, "functions of WASI", specified, coded)
}

// Every function that a host offers has a charge.
func TestSpecCharges(t *testing.T) {
	t.Parallel()
	var specified, coded []string
	for _, row := range rows(under(t, spec(t), "## 8. Charges")) {
		for name := range strings.SplitSeq(row[0], ", ") {
			specified = append(specified, name)
		}
	}
	for _, f := range append(abi.Imports(), abi.WASIImports()...) {
		coded = append(coded, f.Module+"."+f.Name)
	}
	slices.Sort(specified)
	slices.Sort(coded)
	wantLines(t, "charges", specified, coded)
}

func TestCapabilities(t *testing.T) {
	t.Parallel()
	got := abi.Capabilities()
	if !slices.IsSorted(got) || len(slices.Compact(slices.Clone(got))) != len(got) {
		t.Errorf("Capabilities() = %q, which is not a sorted list of different names", got)
	}
	for _, want := range []string{"env", "file", "http", "kv", "secret"} {
		if !slices.Contains(got, want) {
			t.Errorf("Capabilities() = %q, without %q", got, want)
		}
	}
	for _, name := range got {
		if module := fmt.Sprintf("postern_%s_v%d", name, abi.Version); !strings.Contains(spec(t), "`"+module+"`") {
			t.Errorf("SPEC.md does not mention the capability %q", module)
		}
	}
}

func types(all []abi.Type) string {
	names := make([]string, len(all))
	for i, typ := range all {
		names[i] = map[abi.Type]string{abi.I32: "i32", abi.I64: "i64"}[typ]
	}
	return strings.Join(names, " ")
}

// A caller that changes a result does not change what others get.
func TestListsAreTheCallers(t *testing.T) {
	t.Parallel()
	abi.Imports()[0].Params[0] = abi.I64
	abi.Exports()[1].Results[0] = abi.I64
	abi.Statuses()[0] = abi.Internal
	abi.Tags()[0] = abi.TagCursor
	if abi.Imports()[0].Params[0] != abi.I32 || abi.Exports()[1].Results[0] != abi.I32 ||
		abi.Statuses()[0] != abi.OK || abi.Tags()[0] != abi.TagKey {
		t.Error("the lists of this package share memory with their callers")
	}
}

func TestSpecStatuses(t *testing.T) {
	t.Parallel()
	var specified, coded []string
	for _, row := range rows(under(t, spec(t), "## 5. Status codes")) {
		specified = append(specified, row[0]+" "+row[1])
	}
	for _, s := range abi.Statuses() {
		coded = append(coded, fmt.Sprintf("%d %v", int32(s), s))
	}
	wantLines(t, "statuses", specified, coded)
}

// TestRustStatuses compares the statuses of the SDK for Rust, whose own tests need Rust.
func TestRustStatuses(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../guest-sdk/rust/src/status.rs")
	if err != nil {
		t.Fatal(err)
	}
	var rust, listed, coded []string
	for _, m := range regexp.MustCompile(`(?m)^    ([A-Z]\w+) = (\d+),$`).FindAllStringSubmatch(string(text), -1) {
		rust = append(rust, m[2]+" "+m[1])
	}
	for _, m := range regexp.MustCompile(`(?m)^        Status::(\w+),$`).FindAllStringSubmatch(string(text), -1) {
		listed = append(listed, fmt.Sprintf("%d %s", len(listed)+1, m[1]))
	}
	for _, s := range abi.Statuses()[1:] { // without ok
		var name strings.Builder
		for word := range strings.SplitSeq(s.String(), "_") {
			name.WriteString(strings.ToUpper(word[:1]) + word[1:])
		}
		coded = append(coded, fmt.Sprintf("%d %s", int32(s), &name))
	}
	if !slices.Equal(rust, coded) || !slices.Equal(listed, coded) {
		t.Errorf("the statuses in Rust are\n  %s\nand Status::ALL is\n  %s\nwant\n  %s", strings.Join(rust, "\n  "), strings.Join(listed, "\n  "), strings.Join(coded, "\n  "))
	}
	if want := fmt.Sprintf("1..=%d => Err(Self::ALL[", len(coded)); !strings.Contains(string(text), want) {
		t.Errorf("status.rs does not have %q", want)
	}
}

func TestSpecTags(t *testing.T) {
	t.Parallel()
	var specified, coded []string
	section := under(t, spec(t), "## 6. Encoding")
	for _, row := range rows(section) {
		specified = append(specified, row[0]+" "+row[1])
	}
	for _, tag := range abi.Tags() {
		coded = append(coded, fmt.Sprintf("%d %v", uint16(tag), tag))
	}
	wantLines(t, "tags", specified, coded)
	if want := fmt.Sprintf("`u32`: %d file, %d folder", abi.KindFile, abi.KindFolder); !strings.Contains(section, want) {
		t.Errorf("SPEC.md does not say %q of kinds", want)
	}
	if want := fmt.Sprintf("The key `a` is `% x`", abi.Append(nil, abi.TagKey, []byte("a"))); !strings.Contains(section, want) {
		t.Errorf("SPEC.md does not say %q", want)
	}
}

// TestConstants pins the name of every constant, so that renumbering the constants
// and the names together fails.
func TestConstants(t *testing.T) {
	t.Parallel()
	for status, name := range map[abi.Status]string{
		abi.OK: "ok", abi.NotFound: "not_found", abi.Forbidden: "forbidden", abi.Unauthenticated: "unauthenticated",
		abi.Unavailable: "unavailable", abi.Throttled: "throttled", abi.InvalidKey: "invalid_key",
		abi.Unsupported: "unsupported", abi.Conflict: "conflict", abi.TooLarge: "too_large", abi.Internal: "internal",
		abi.NotConfigured: "not_configured", abi.Integrity: "integrity", abi.Timeout: "timeout",
		abi.ReadOnly: "read_only", abi.InvalidValue: "invalid_value", abi.Capability: "capability",
		17: "17", -1: "-1", 1 << 30: "1073741824",
	} {
		if status.String() != name {
			t.Errorf("Status(%d).String() = %q, want %q", int32(status), status, name)
		}
		if known := status >= 0 && status <= abi.Capability; status.Known() != known {
			t.Errorf("Status(%d).Known() = %t, want %t", int32(status), status.Known(), known)
		}
	}
	for tag, name := range map[abi.Tag]string{
		abi.TagKey: "key", abi.TagValue: "value", abi.TagVersion: "version", abi.TagStatus: "status",
		abi.TagPrefix: "prefix", abi.TagConfig: "config", abi.TagProvider: "provider", abi.TagName: "name",
		abi.TagText: "text", abi.TagKind: "kind", abi.TagSize: "size", abi.TagCursor: "cursor",
		abi.TagSettled: "settled", 0: "0", 14: "14", 65535: "65535",
	} {
		if tag.String() != name {
			t.Errorf("Tag(%d).String() = %q, want %q", uint16(tag), tag, name)
		}
	}
}

func TestSpecVersionAndLevels(t *testing.T) {
	t.Parallel()
	text := spec(t)
	for _, want := range []string{
		fmt.Sprintf("# Postern guest ABI, version %d\n", abi.Version),
		fmt.Sprintf(`"abi": %d`, abi.Version),
		"custom section `" + abi.ManifestSection + "`",
		fmt.Sprintf("levels %d debug, %d info, %d warn, %d error", abi.LevelDebug, abi.LevelInfo, abi.LevelWarn, abi.LevelError),
	} {
		if !strings.Contains(text, want) {
			t.Errorf("SPEC.md does not say %q", want)
		}
	}
	for _, module := range []string{abi.ModuleCore, abi.ModuleEnv, abi.ModuleFile, abi.ModuleHTTP, abi.ModuleKV, abi.ModuleSecret} {
		if !strings.HasSuffix(module, fmt.Sprintf("_v%d", abi.Version)) {
			t.Errorf("the name of import module %s does not end in version %d", module, abi.Version)
		}
	}
}
