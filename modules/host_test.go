package modules_test

import (
	"context"
	"encoding/binary"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/postern-project/postern/modules"
)

// The parts of the ABI that these tests need.
const (
	tagKey, tagValue, tagVersion, tagStatus = 1, 2, 3, 4
	tagPrefix, tagConfig, tagName, tagText  = 5, 6, 8, 9
	tagKind, tagSize                        = 10, 11

	ok, notFound, notConfigured = 0, 1, 11
)

// maxPages is the default memory limit of a module: 16 MiB.
const maxPages = 256

// host is a minimal host for one module and one test. It grants everything and
// checks nothing.
type host struct {
	env, files, kv map[string]string
	module         api.Module
	input          []byte
	records        [][]byte
	failed         string
}

// field encodes one field.
func field(tag uint16, content string) []byte {
	b := binary.LittleEndian.AppendUint16(nil, tag)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(content)))
	return append(b, content...)
}

// fields decodes a record. If a tag occurs twice, the last one wins.
func fields(b []byte) map[uint16]string {
	m := map[uint16]string{}
	for len(b) >= 6 {
		n := int(binary.LittleEndian.Uint32(b[2:]))
		m[binary.LittleEndian.Uint16(b)] = string(b[6 : 6+n])
		b = b[6+n:]
	}
	return m
}

// open loads a built-in module into h and opens it with settings.
func (h *host) open(t *testing.T, name string, settings map[string]string) {
	t.Helper()
	wasm, found := modules.Bytes(name)
	if !found {
		t.Fatalf("no module %q", name)
	}
	r := wazero.NewRuntimeWithConfig(t.Context(), wazero.NewRuntimeConfig().WithMemoryLimitPages(maxPages))
	t.Cleanup(func() { r.Close(context.Background()) })
	h.link(t, r)
	module, err := r.Instantiate(t.Context(), wasm)
	if err != nil {
		t.Fatal(err)
	}
	h.module = module
	var request []byte
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		setting := append(field(tagName, key), field(tagText, settings[key])...)
		request = append(request, field(tagConfig, string(setting))...)
	}
	if status := h.call(t, "postern_open", request); status != ok {
		t.Fatalf("open %q: status %d: %s", name, status, h.failed)
	}
}

// call calls an export and returns its status.
func (h *host) call(t *testing.T, export string, request []byte) uint64 {
	t.Helper()
	h.input, h.records, h.failed = request, nil, ""
	results, err := h.module.ExportedFunction(export).Call(t.Context())
	if err != nil {
		t.Fatalf("%s: %v", export, err)
	}
	return results[0]
}

// get reads one key and returns its value, its version and its status.
func (h *host) get(t *testing.T, key string) (value, version string, status uint64) {
	t.Helper()
	if status := h.call(t, "postern_get", field(tagKey, key)); status != ok {
		return "", "", status
	}
	if len(h.records) != 1 {
		t.Fatalf("get %q: %d records, want 1", key, len(h.records))
	}
	record := fields(h.records[0])
	if record[tagKey] != key {
		t.Fatalf("get %q answered for %q", key, record[tagKey])
	}
	if s := record[tagStatus]; s != "" {
		return "", "", uint64(binary.LittleEndian.Uint32([]byte(s)))
	}
	return record[tagValue], record[tagVersion], ok
}

// keys returns the listed keys, sorted and joined by spaces.
func (h *host) keys(t *testing.T, prefix string) string {
	t.Helper()
	if status := h.call(t, "postern_keys", field(tagPrefix, prefix)); status != ok {
		t.Fatalf("keys: status %d: %s", status, h.failed)
	}
	var keys []string
	for _, record := range h.records {
		keys = append(keys, fields(record)[tagKey])
	}
	slices.Sort(keys)
	return strings.Join(keys, " ")
}

// fill writes the result of a function that fills a buffer.
func fill(m api.Module, buf, size uint32, result string, found bool) int32 {
	if !found {
		return -notFound
	}
	if len(result) <= int(size) {
		m.Memory().WriteString(buf, result)
	}
	return int32(len(result))
}

func read(m api.Module, ptr, size uint32) string {
	b, _ := m.Memory().Read(ptr, size)
	return string(b)
}

// link defines the host functions that the modules import.
func (h *host) link(t *testing.T, r wazero.Runtime) {
	t.Helper()
	type mod = api.Module
	type filler = func(ctx context.Context, m mod, name, nameLen, buf, size uint32) int32
	get := func(from map[string]string) filler {
		return func(_ context.Context, m mod, name, nameLen, buf, size uint32) int32 {
			value, found := from[read(m, name, nameLen)]
			return fill(m, buf, size, value, found)
		}
	}
	list := func(from map[string]string, tag uint16) filler {
		return func(_ context.Context, m mod, prefix, prefixLen, buf, size uint32) int32 {
			var found []byte
			for _, name := range slices.Sorted(maps.Keys(from)) {
				if strings.HasPrefix(name, read(m, prefix, prefixLen)) {
					found = append(found, field(tag, name)...)
				}
			}
			return fill(m, buf, size, string(found), true)
		}
	}
	put := func(to map[string]string) any {
		return func(_ context.Context, m mod, name, nameLen, ptr, size uint32) int32 {
			to[read(m, name, nameLen)] = read(m, ptr, size)
			return 0
		}
	}
	remove := func(from map[string]string) any {
		return func(_ context.Context, m mod, name, nameLen uint32) int32 {
			key := read(m, name, nameLen)
			if _, found := from[key]; !found {
				return -notFound
			}
			delete(from, key)
			return 0
		}
	}
	readAt := func(_ context.Context, m mod, path, pathLen, offset, buf, size uint32) int32 {
		content, found := h.files[read(m, path, pathLen)]
		from := min(int(offset), len(content))
		return fill(m, buf, size, content[from:min(len(content), from+int(size))], found)
	}
	stat := func(_ context.Context, m mod, path, pathLen, buf, size uint32) int32 {
		_, found := h.files[read(m, path, pathLen)]
		return fill(m, buf, size, string(field(tagKind, "\x00\x00\x00\x00"))+
			string(field(tagSize, "\x00\x00\x00\x00\x00\x00\x00\x00"))+string(field(tagVersion, "v1")), found)
	}
	for module, functions := range map[string]map[string]any{
		"postern_v1": {
			"input": func(_ context.Context, m mod, buf, size uint32) int32 {
				return fill(m, buf, size, string(h.input), true)
			},
			"emit": func(_ context.Context, m mod, ptr, size uint32) int32 {
				h.records = append(h.records, []byte(read(m, ptr, size)))
				return 0
			},
			"fail": func(_ context.Context, m mod, ptr, size uint32) { h.failed = read(m, ptr, size) },
			"log":  func(context.Context, mod, int32, uint32, uint32) {},
		},
		"postern_env_v1": {"get": get(h.env), "list": list(h.env, tagName)},
		"postern_file_v1": {
			"read": get(h.files), "read_at": readAt, "stat": stat, "write": put(h.files), "remove": remove(h.files),
			"list": list(nil, tagName),
		},
		"postern_kv_v1": {
			"get": get(h.kv), "put": put(h.kv), "delete": remove(h.kv), "list": list(h.kv, tagKey),
		},
	} {
		builder := r.NewHostModuleBuilder(module)
		for name, function := range functions {
			builder.NewFunctionBuilder().WithFunc(function).Export(name)
		}
		if _, err := builder.Instantiate(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}
