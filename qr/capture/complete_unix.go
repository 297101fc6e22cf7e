//go:build !windows

package capture

const separators = "/"
