// Package file is the capability postern_file_v1: the files and folders that an
// operator granted by path.
//
// Every path is resolved within a granted folder by os.Root, so no symbolic link
// and no race leads out of it. Within one guest call the same path gives the same
// bytes, also of a volume that kubelet swaps meanwhile. Files are replaced whole or
// not at all.
package file
