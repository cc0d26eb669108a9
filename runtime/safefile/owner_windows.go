package safefile

import (
	"io/fs"
	"os"
	"path/filepath"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// OwnersKnown reports whether the system says who may write a file.
const OwnersKnown = true

// Checked names what [CheckOwner] looks at on this system, "" for nothing.
const Checked = "owner and access list"

func (r Rule) check(path string, info fs.FileInfo) error {
	s, err := newWindowsSystem()
	if err != nil {
		return err
	}
	full, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	a, link, err := s.look(full)
	if err == nil && link != "" && info.Mode()&(fs.ModeSymlink|fs.ModeIrregular) == 0 {
		if full, err = filepath.EvalSymlinks(full); err == nil { // info describes what it leads to
			a, _, err = s.look(full)
		}
	}
	if err != nil {
		return err
	}
	return r.checkAccess(s, full, a, toWrite)
}

func checkOwner(path string) error {
	s, err := newWindowsSystem()
	if err != nil {
		return err
	}
	full, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	return walkAccess(s, full)
}

func checkKept(string, fs.FileInfo) (string, error) { return "", nil }

func checkPlaced(string, fs.FileInfo) (string, error) { return "", nil }

func checkGroup(string, fs.FileInfo) error { return nil }

// windowsSystem is the system that the process runs on. It holds the current user.
type windowsSystem string

func newWindowsSystem() (windowsSystem, error) {
	u, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return "", err
	}
	return windowsSystem(u.User.Sid.String()), nil
}

func (s windowsSystem) user() string { return string(s) }

func (windowsSystem) name(account string) string {
	sid, err := windows.StringToSid(account)
	if err != nil {
		return account
	}
	name, domain, _, err := sid.LookupAccount("")
	switch {
	case err != nil:
		return account
	case domain == "":
		return name
	}
	return domain + `\` + name
}

func (windowsSystem) volume(path string) string { return filepath.VolumeName(path) }

func (windowsSystem) look(path string) (a access, link string, err error) {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return a, "", pathError("check", path, err)
	}
	const flags = windows.FILE_FLAG_BACKUP_SEMANTICS | windows.FILE_FLAG_OPEN_REPARSE_POINT
	const share = windows.FILE_SHARE_READ | windows.FILE_SHARE_WRITE | windows.FILE_SHARE_DELETE
	h, err := windows.CreateFile(name, windows.READ_CONTROL|windows.FILE_READ_ATTRIBUTES, share, nil, windows.OPEN_EXISTING, flags, 0)
	if err != nil {
		return a, "", pathError("check", path, err)
	}
	defer func() { _ = windows.CloseHandle(h) }()
	var info struct{ attributes, tag uint32 }
	err = windows.GetFileInformationByHandleEx(h, windows.FileAttributeTagInfo, (*byte)(unsafe.Pointer(&info)), uint32(unsafe.Sizeof(info)))
	if err != nil {
		return a, "", pathError("check", path, err)
	}
	// A tag with this bit says that something else stands for the file: a symbolic
	// link, a junction or a mounted volume.
	const standsForAnother = 0x20000000
	if info.attributes&windows.FILE_ATTRIBUTE_REPARSE_POINT != 0 && info.tag&standsForAnother != 0 {
		if link, err = os.Readlink(path); err != nil {
			return a, "", err
		}
	}
	a, err = accessOf(h)
	if err != nil {
		return a, "", pathError("check", path, err)
	}
	a.folder = info.attributes&windows.FILE_ATTRIBUTE_DIRECTORY != 0
	return a, link, nil
}

// accessOf reads the owner and the access list of an open file.
func accessOf(h windows.Handle) (a access, err error) {
	sd, err := windows.GetSecurityInfo(h, windows.SE_FILE_OBJECT, windows.OWNER_SECURITY_INFORMATION|windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		return a, err
	}
	owner, _, err := sd.Owner()
	if err != nil || owner == nil {
		return a, errNoOwner
	}
	a.owner = owner.String()
	list, _, err := sd.DACL()
	if err != nil || list == nil {
		a.open = true
		return a, nil
	}
	for i := range uint32(list.AceCount) {
		var e *windows.ACCESS_ALLOWED_ACE
		if err := windows.GetAce(list, i, &e); err != nil {
			return a, err
		}
		entry := accessEntry{kind: e.Header.AceType, flags: e.Header.AceFlags, rights: uint32(e.Mask)}
		if entry.kind == entryAllows || entry.kind == entryAllowsConditional {
			entry.account = (*windows.SID)(unsafe.Pointer(&e.SidStart)).String()
		}
		a.list = append(a.list, entry)
	}
	return a, nil
}

func changed(_ fs.FileInfo, f *os.File) (at time.Time, number uint64) {
	if f == nil {
		return time.Time{}, 0
	}
	h := windows.Handle(f.Fd())
	var times struct { // in units of 100 ns since 1601
		created, accessed, written, changed int64
		attributes                          uint32
	}
	err := windows.GetFileInformationByHandleEx(h, windows.FileBasicInfo, (*byte)(unsafe.Pointer(&times)), uint32(unsafe.Sizeof(times)))
	// A file system that has no such time leaves it out.
	if err == nil && times.changed != 0 {
		changed := windows.Filetime{LowDateTime: uint32(times.changed), HighDateTime: uint32(times.changed >> 32)}
		at = time.Unix(0, changed.Nanoseconds())
	}
	var info windows.ByHandleFileInformation
	if err := windows.GetFileInformationByHandle(h, &info); err == nil {
		number = uint64(info.FileIndexHigh)<<32 | uint64(info.FileIndexLow)
	}
	return at, number
}
