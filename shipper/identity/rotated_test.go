package identity

import "testing"

func TestRotated(t *testing.T) {
	const base = "/var/log/app.log"
	for _, c := range []struct {
		path string
		want bool
	}{
		{"/var/log/app.log.1", true},
		{"/var/log/app.log.12", true},
		{"/var/log/app.log-20260102", true},
		{"/var/log/app.log.2026-01-02T03:04:05", true},
		{"/var/log/app.log.old", true},
		{"/var/log/app-20260102.log", true},
		{"/var/log/app.1.log", true},
		{"/var/log/app_2.log", true},
		{"/var/log/app.log", false},
		{"/var/log/app.log.gz", false},
		{"/var/log/app.log.1.gz", false},
		{"/var/log/app2.log", false},
		{"/var/log/app.log.", false},
		{"/var/log/app.log.-", false},
		{"/var/log/app-error.log", false},
		{"/var/log/old/app.log.1", false},
		{"/var/log/.log.1", false},
	} {
		t.Run(c.path, func(t *testing.T) {
			if have := Rotated(base, c.path); have != c.want {
				t.Errorf("want %v, have %v", c.want, have)
			}
		})
	}
}
