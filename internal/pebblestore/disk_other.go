//go:build !linux

package pebblestore

import "github.com/cockroachdb/pebble/v2/vfs"

func osFiles() vfs.FS { return vfs.Default }
