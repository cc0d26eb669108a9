package generate

import (
	"encoding/binary"
	"strings"

	"github.com/postern-project/postern/runtime/abi"
)

// Places in the memory of a program.
const (
	dataAt      = 1024
	keyAt       = 6 << 10 // letters of the pass
	outAt       = 6<<10 + 512
	recordAt    = 7 << 10 // the report
	bufAt       = 8 << 10
	letterCount = 4
)

// part is a part of the memory.
type part struct{ at, len uint32 }

// data is the memory from dataAt.
var data []byte

func add(b string) part {
	p := part{dataAt + uint32(len(data)), uint32(len(b))}
	data = append(data, b...)
	return p
}

// Names that calls use. [World] has the files and the variables.
var (
	kvKeys    = []part{add("a"), add("b"), add(strings.Repeat("x", 512)), add(strings.Repeat("y", 513))}
	prefixes  = []part{add(""), add("a"), add("zz")}
	paths     = []part{add("granted/small"), add("granted/large"), add("granted/many"), add("granted"), add("granted/none"), add("outside"), add("granted/../outside")}
	pathParts = []part{add("granted/"), add("x/"), add("../"), add("./"), add("granted/../")}
	variables = []part{add("SMALL"), add("LARGE"), add("POINTED"), add("NONE"), add("V00")}
	texts     = []part{add("a line\n"), add("\n"), add("\x1b[31m"), add("\xff\xfe"), add("word ")}
	fields    = []part{add("\x00\x00\x00\x00\x00\x00"), add("\x01\x00\x00\x00\x00\x00"), add("\x01\x00\x01\x00\x00\x00k"), add("\x02\x00\x01\x00\x00\x00v"), add("\x09\x00\xff\xff\xff\xff")}
	vector    = add(string(binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, bufAt+1<<15), 64)))
	naps      = []part{add(subscription(0)), add(subscription(1000)), add(subscription(1_000_000)), add(subscription(3_600_000_000_000))}
)

// subscription returns one to the monotonic clock.
func subscription(ns uint64) string {
	s := make([]byte, 48)
	s[16] = 1
	binary.LittleEndian.PutUint64(s[24:], ns)
	return string(s)
}

func consts(values ...uint32) []arg {
	out := make([]arg, len(values))
	for i, v := range values {
		out[i].value = uint64(v)
	}
	return out
}

// buffer returns a buffer for an answer.
func (m *maker) buffer() part {
	switch m.IntN(3) {
	case 0:
		return part{bufAt, 0}
	case 1:
		return part{bufAt, m.size()}
	}
	return part{bufAt, m.room()}
}

// numbered returns statements that write letters of the pass, and the place of them.
func numbered(mask uint32) ([]statement, part) {
	return []statement{{kind: letters, at: keyAt, n: mask}}, part{keyAt, letterCount}
}

// filled returns a statement that fills a buffer with repetitions of one of the
// parts, and the buffer.
func (m *maker) filled(from []part) ([]statement, part) {
	p := from[m.IntN(len(from))]
	n := m.size()
	if m.IntN(2) == 0 {
		n = min(m.room(), 1+m.power(14)) // for lengths that the host still reads
	}
	n = min(n, m.room())
	return []statement{{kind: repeat, part: p, at: bufAt, n: n}}, part{bufAt, n}
}

// use returns statements to run once, before, and some that call the import.
func (m *maker) use(fn int) (before, use []statement) {
	f := m.imports[fn]
	does := func(args ...uint32) []statement { return []statement{{kind: call, fn: fn, args: consts(args...)}} }
	switch f.Module {
	case abi.ModuleKV:
		return m.useKV(f.Name, does)
	case abi.ModuleFile:
		return m.useFile(f.Name, does)
	case abi.ModuleEnv:
		b := m.buffer()
		from := variables
		if f.Name == "list" {
			from = prefixes
		}
		name := from[m.IntN(len(from))]
		if m.IntN(4) == 0 {
			before, name = m.filled(variables)
		}
		return before, does(name.at, name.len, b.at, b.len)
	case abi.ModuleCore:
		return m.useCore(f.Name, does)
	}
	return m.useWASI(f.Name, does)
}

type doer = func(args ...uint32) []statement

func (m *maker) useKV(name string, does doer) (before, use []statement) {
	key, b := kvKeys[m.IntN(len(kvKeys))], m.buffer()
	switch name {
	case "list":
		// A list of many entries needs them first.
		number, place := numbered(0xffff)
		put := statement{kind: call, fn: m.find(abi.ModuleKV, "put"), args: consts(place.at, place.len, bufAt, m.power(4))}
		before = []statement{{kind: loop, n: 1 + m.power(16), body: append(number, put)}}
		prefix := prefixes[m.IntN(2)]
		return before, does(prefix.at, prefix.len, b.at, b.len)
	case "put":
		if m.IntN(2) == 0 {
			number, place := numbered(pick[uint32](m, 7, 0xff, 0xffff))
			return nil, append(number, does(place.at, place.len, bufAt, m.size())...)
		}
		return nil, does(key.at, key.len, bufAt, m.size())
	case "delete":
		put := statement{kind: call, fn: m.find(abi.ModuleKV, "put"), args: consts(key.at, key.len, bufAt, m.size())}
		return nil, append([]statement{put}, does(key.at, key.len)...)
	}
	put := statement{kind: call, fn: m.find(abi.ModuleKV, "put"), args: consts(key.at, key.len, bufAt, m.size())}
	return []statement{put}, does(key.at, key.len, b.at, b.len)
}

func (m *maker) useFile(name string, does doer) (before, use []statement) {
	path, b := paths[m.IntN(len(paths))], m.buffer()
	switch right := map[string]int{"list": 2, "read": m.IntN(2), "read_at": m.IntN(2), "remove": 0}; { // mostly a path that suits
	case m.IntN(2) == 0:
		path = paths[right[name]]
	case m.IntN(3) == 0:
		before, path = m.filled(pathParts)
	}
	switch name {
	case "remove":
		return before, does(path.at, path.len)
	case "write":
		if m.IntN(2) == 0 {
			return nil, append([]statement{{kind: letters, at: namedAt(), n: 15}}, does(named.at, named.len, bufAt, m.size())...)
		}
		return before, does(paths[0].at, paths[0].len, bufAt, m.power(12))
	case "read_at":
		return before, does(path.at, path.len, m.power(20), b.at, b.len)
	case "read":
		if m.IntN(3) == 0 { // what the host keeps is written again
			write := statement{kind: call, fn: m.find(abi.ModuleFile, "write"), args: consts(path.at, path.len, bufAt, m.power(3))}
			return before, append(does(path.at, path.len, b.at, b.len), write)
		}
	}
	return before, does(path.at, path.len, b.at, b.len)
}

// named is the path of files that are written, whose last letters are those of the
// pass.
var named = add("granted/w" + strings.Repeat("a", letterCount))

func namedAt() uint32 { return named.at + named.len - letterCount }

func (m *maker) useCore(name string, does doer) (before, use []statement) {
	switch name {
	case "input":
		b := m.buffer()
		return nil, does(b.at, b.len)
	case "emit":
		if m.IntN(2) == 0 {
			return nil, []statement{{kind: answer, at: m.power(16), n: min(m.size(), m.room()/2), fn: m.IntN(2)}}
		}
		before, b := m.filled(fields)
		return before, does(b.at, b.len)
	case "fail":
		before, b := m.filled(texts)
		return before, does(b.at, b.len)
	case "log":
		before, b := m.filled(texts)
		level := pick[uint32](m, 0, 4, 8, 1<<32-4, 77)
		return before, does(level, b.at, b.len)
	case "log_enabled":
		return nil, does(m.power(4))
	}
	return nil, does()
}

func (m *maker) useWASI(name string, does doer) (before, use []statement) {
	fd := m.power(3)
	switch name {
	case "random_get":
		return nil, does(bufAt, m.size())
	case "clock_time_get":
		return nil, does(uint32(m.IntN(3)), 0, outAt)
	case "clock_res_get":
		return nil, does(uint32(m.IntN(3)), outAt)
	case "fd_write":
		// The vectors all point at the same bytes.
		n := pick[uint32](m, 1, 2, 1024, 1025)
		before = []statement{{kind: repeat, part: vector, at: bufAt, n: min(m.room(), n*8)}}
		return before, does(1+fd&1, bufAt, n, outAt)
	case "fd_read":
		return nil, does(fd&1, bufAt, 1, outAt)
	case "fd_fdstat_get":
		return nil, does(fd, outAt)
	case "poll_oneoff":
		nap, n := naps[m.IntN(len(naps))], pick[uint32](m, 1, 1, 100, 1024)
		before = []statement{{kind: repeat, part: nap, at: bufAt, n: min(m.room()/2, n*48)}}
		return before, does(bufAt, bufAt+m.room()/2, n, outAt)
	case "fd_seek":
		return nil, does(fd, m.power(20), fd, outAt)
	case "proc_exit":
		return nil, does(m.power(32))
	case "sched_yield":
		return nil, does()
	case "fd_close":
		return nil, does(fd)
	case "fd_prestat_dir_name":
		return nil, does(fd, bufAt, m.power(8))
	}
	return nil, does(outAt, outAt+8) // two places, or a descriptor and a place
}
