package run

import (
	"os"

	"golang.org/x/sys/unix"

	"github.com/postern-project/postern/cmd/postern/internal/childproc"
)

// defaultPlace is the default of --file-via.
const defaultPlace = "memory"

// filePlaces returns the values of --file-via.
func filePlaces() []string { return []string{"memory", "folder"} }

// firstDescriptor returns the first of n descriptors for the files of the command. A
// program whose parent closed them, as Python and Node do when they start one, must not
// find another file under the path that it was given.
func firstDescriptor(n int) int { return childproc.HighDescriptor(n) }

// memoryFile returns a file in memory that has no path and cannot be changed. Its mode is
// that of a file with a secret: ssh and psql refuse one that others may read.
func memoryFile(name string, b []byte) (*os.File, error) {
	flags := unix.MFD_CLOEXEC | unix.MFD_ALLOW_SEALING
	fd, err := unix.MemfdCreate(name, flags|unix.MFD_NOEXEC_SEAL)
	if err == unix.EINVAL { // Linux before 6.3, or a name that is too long
		fd, err = unix.MemfdCreate("postern", flags)
	}
	if err != nil {
		return nil, os.NewSyscallError("memfd_create", err)
	}
	f := os.NewFile(uintptr(fd), name)
	_, err = f.Write(b)
	if err == nil {
		err = f.Chmod(0o600)
	}
	if err == nil {
		_, err = f.Seek(0, 0)
	}
	if err == nil {
		_, err = unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, unix.F_SEAL_WRITE|unix.F_SEAL_GROW|unix.F_SEAL_SHRINK|unix.F_SEAL_SEAL)
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}
