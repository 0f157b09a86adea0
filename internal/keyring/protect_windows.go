package keyring

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

// entropy makes the blob useless to other programs that ask DPAPI by chance.
var entropy = []byte("kofu appliance keyring v1")

// protect seals to this machine, so that a stolen disk alone does not give the
// keys away. It is no protection against an administrator of the same PC.
func protect(plain []byte) ([]byte, error) {
	in, extra, out := blob(plain), blob(entropy), windows.DataBlob{}
	if err := windows.CryptProtectData(&in, nil, &extra, 0, nil, windows.CRYPTPROTECT_LOCAL_MACHINE, &out); err != nil {
		return nil, err
	}
	return take(out)
}

func unprotect(sealed []byte) ([]byte, error) {
	in, extra, out := blob(sealed), blob(entropy), windows.DataBlob{}
	if err := windows.CryptUnprotectData(&in, nil, &extra, 0, nil, 0, &out); err != nil {
		return nil, err
	}
	return take(out)
}

func blob(b []byte) windows.DataBlob {
	return windows.DataBlob{Size: uint32(len(b)), Data: unsafe.SliceData(b)} //nolint:gosec // keys are short
}

func take(b windows.DataBlob) ([]byte, error) {
	copied := append([]byte{}, unsafe.Slice(b.Data, b.Size)...)
	_, err := windows.LocalFree(windows.Handle(unsafe.Pointer(b.Data)))
	return copied, err
}
