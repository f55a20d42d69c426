package secret

import (
	"context"
	"time"

	"github.com/rs/zerolog"
)

// File is what is read again: a Token, or Certificates.
type File interface {
	// Refresh reads it again; with an error the old one stays.
	Refresh() (changed bool, err error)
}

// lookEvery is how often files are read again.
const lookEvery = time.Second

// Watch reads files again every second until ctx ends. It logs that they have changed, and
// once why they cannot be read.
func Watch(ctx context.Context, log zerolog.Logger, files ...File) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	told := make([]string, len(files))
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		for i, f := range files {
			changed, err := f.Refresh()
			switch {
			case err == nil:
				told[i] = ""
			case err.Error() != told[i]:
				told[i] = err.Error()
				log.Error().Err(err).Msg("token or certificates cannot be read again, the old ones stay")
			}
			if changed {
				log.Info().Msg("token or certificates were read again")
			}
		}
	}
}
