package safefile

import (
	"os"
	"strings"
)

// RemoveAbandoned removes the temporary files of killed processes that were
// replacing the file at path. What it cannot read or remove it leaves.
func RemoveAbandoned(path string) {
	dir, name := split(path)
	prefix := "." + tempPrefix(name)
	entries, _ := os.ReadDir(dir + ".")
	for _, e := range entries {
		name := strings.TrimPrefix(e.Name(), ".") // CreateIn begins it with two dots
		if !strings.HasPrefix(name, ".") {
			name = e.Name()
		}
		digits, ok := strings.CutPrefix(name, prefix)
		if ok && e.Type().IsRegular() && onlyDigits(digits) {
			removeUnlocked(pathFolder(dir), e.Name())
		}
	}
}

// RemoveAbandonedIn removes what processes that were killed in a [CreateIn] or
// while they held [TryLockIn] left in the folder dir, and reports how many files that
// were. It leaves the files of writers that live and of other users, and what it
// cannot read or remove. The names of the folder are read in parts, with a call of
// more, which may be nil, before each; it ends when more returns false.
func RemoveAbandonedIn(dir *os.Root, more func() bool) int {
	f, err := dir.OpenFile(".", openFlags, 0)
	if err != nil {
		return 0
	}
	defer func() { _ = f.Close() }()
	removed := 0
	for more == nil || more() {
		names, err := f.Readdirnames(256)
		for _, name := range names {
			if IsTemporaryIn(name) && removeUnlocked(dir, name) {
				removed++
			}
		}
		if err != nil {
			break
		}
	}
	return removed
}

// Abandoned returns the names of the files in the folder dir that [RemoveAbandonedIn]
// would remove.
func Abandoned(dir string) []string {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil
	}
	defer func() { _ = root.Close() }()
	entries, _ := os.ReadDir(dir)
	var names []string
	for _, e := range entries {
		if !IsTemporaryIn(e.Name()) {
			continue
		}
		if f := openUnused(root, e.Name()); f != nil {
			names = append(names, e.Name())
			_ = f.Close()
		}
	}
	return names
}

// IsTemporary reports whether name, without its folder, is one that [Create] and
// [CreateIn] give to unfinished files.
func IsTemporary(name string) bool {
	i := strings.LastIndex(name, tempMark)
	return i > 0 && name[0] == '.' && onlyDigits(name[i+len(tempMark):])
}

// IsTemporaryIn reports whether name, without its folder, is one that [CreateIn] and
// [TryLockIn] give to files that are gone once the writer is done.
func IsTemporaryIn(name string) bool {
	return strings.HasPrefix(name, "..") && (IsTemporary(name) || name == lockName)
}

// removeUnlocked removes a regular file of the current user, if the process that
// made it has ended.
func removeUnlocked(dir folder, name string) bool {
	f := openUnused(dir, name)
	if f == nil {
		return false
	}
	defer func() { _ = f.Close() }()
	return remove(dir, f, name)
}

// openUnused opens a regular file of the current user if no process is writing it,
// else it returns nil. On Unix the file is locked until it is closed.
func openUnused(dir folder, name string) *os.File {
	info, err := dir.Lstat(name)
	if err != nil || !info.Mode().IsRegular() || !isOwn(info) {
		return nil
	}
	f, err := dir.OpenFile(name, openFlags|noFollow, 0)
	if err != nil {
		return nil
	}
	if !unused(f) || !isAt(dir, name, f) {
		_ = f.Close()
		return nil
	}
	return f
}
