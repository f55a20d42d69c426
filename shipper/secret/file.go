package secret

import (
	"fmt"
	"os"
)

// maxFile is the largest file that is taken for a token or certificates.
const maxFile = 1 << 20

// read reads the file with something; an empty path is none.
func read(what, path string) ([]byte, error) {
	if path == "" {
		return nil, nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("file with the %s: %w", what, err)
	}
	if info.Size() > maxFile {
		return nil, fmt.Errorf("file with the %s: %s is larger than %d bytes", what, path, maxFile)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("file with the %s: %w", what, err)
	}
	return b, nil
}
