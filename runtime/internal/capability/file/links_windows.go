package file

import (
	"io/fs"
	"os"
	"syscall"
)

// hardLinked reports whether a file has other names.
func hardLinked(dir *os.Root, name string, _ fs.FileInfo) (bool, error) {
	f, err := dir.Open(name)
	if err != nil {
		return false, err
	}
	defer f.Close()
	var info syscall.ByHandleFileInformation
	err = syscall.GetFileInformationByHandle(syscall.Handle(f.Fd()), &info)
	return info.NumberOfLinks > 1, err
}
