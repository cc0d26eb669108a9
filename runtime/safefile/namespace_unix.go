//go:build unix

package safefile

import (
	"path"
	"slices"
	"strings"
)

// overflowID is how the kernel shows an owner or a group that the user namespace of the
// process does not map, if nothing else is set.
const overflowID = 65534

// idMap is a map of users or groups from a user namespace to the one around it, as in
// /proc/self/uid_map.
type idMap struct {
	ranges []idRange
	known  bool
}

type idRange struct{ inside, outside, count uint64 }

// readMap reads a map.
func readMap(s system, path string) idMap {
	text, err := s.readFile(path)
	if err != nil {
		return idMap{}
	}
	m := idMap{known: true}
	for line := range strings.Lines(string(text)) {
		var n [3]uint64
		fields := strings.Fields(line)
		if len(fields) != len(n) {
			return idMap{}
		}
		for i, field := range fields {
			id, _, err := ids(field, "0")
			if err != nil {
				return idMap{}
			}
			n[i] = uint64(id)
		}
		m.ranges = append(m.ranges, idRange{n[0], n[1], n[2]})
	}
	return m
}

// complete reports whether every ID outside has one inside, so that none is shown as
// the overflow ID. A map that cannot be read is not complete.
func (m idMap) complete() bool {
	const all = 1<<32 - 1 // one number is reserved
	total := uint64(0)
	for _, r := range m.ranges {
		total += r.count
	}
	return m.known && total >= all
}

// overflow returns the ID that stands for those without a mapping.
func overflow(s system, path string) uint32 {
	if text, err := s.readFile(path); err == nil {
		if id, _, err := ids(strings.TrimSpace(string(text)), "0"); err == nil {
			return id
		}
	}
	return overflowID
}

// isHidden reports whether the owner of a file may be anybody outside of the user
// namespace: the kernel shows all of them as one user, whom the namespace may have too.
func isHidden(s system, uid uint32) bool {
	return hidesIDs && uid != 0 && uid == overflow(s, "/proc/sys/fs/overflowuid") && !readMap(s, "/proc/self/uid_map").complete()
}

// isGroupShown reports whether the number of a group is the one in /etc/group. It is not
// where the namespace does not map the group, or maps it alone to another number: that
// is a group of the system outside, whose members are not known here. A range of groups
// has been set apart for the namespace.
func isGroupShown(s system, gid uint32) bool {
	if !hidesIDs {
		return true
	}
	m := readMap(s, "/proc/self/gid_map")
	if m.complete() {
		return true
	}
	if gid == overflow(s, "/proc/sys/fs/overflowgid") {
		return false
	}
	return !slices.ContainsFunc(m.ranges, func(r idRange) bool {
		return r.count == 1 && r.inside == uint64(gid) && r.outside != r.inside
	})
}

// isShared reports whether a folder is one whose owner can harm the current user in any
// case: the root of the file system, those for the temporary files of everybody, and
// those above them and above the user's home.
func isShared(s system, folder string) bool {
	for _, below := range []string{"/tmp/x", "/var/tmp/x", "/dev/shm/x", "/run/user/x"} {
		if isAbove(folder, below) {
			return true
		}
	}
	return slices.ContainsFunc(s.homes(), func(home string) bool { return isAbove(folder, home) })
}

// isAbove compares the names of two absolute paths alone.
func isAbove(folder, below string) bool {
	for below = path.Clean(below); below != "/"; {
		if below = path.Dir(below); below == folder {
			return true
		}
	}
	return false
}

// remembering reads each file of the system once.
type remembering struct {
	system
	texts map[string][]byte
}

func (r remembering) readFile(path string) ([]byte, error) {
	if text, ok := r.texts[path]; ok {
		return text, nil
	}
	text, err := r.system.readFile(path)
	if err == nil {
		r.texts[path] = text
	}
	return text, err
}
