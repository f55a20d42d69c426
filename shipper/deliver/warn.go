package deliver

import "time"

// warnEvery bounds how often trouble with the broker is logged.
const warnEvery = 10 * time.Second

// Watch warns every 10 s that the broker does not answer, until the function that it returns
// is called.
func (s *Sender) Watch() (stop func()) {
	done := make(chan struct{})
	t := time.AfterFunc(warnEvery, func() {
		for {
			s.Warn(nil, s.cfg.Silent)
			select {
			case <-done:
				return
			case <-time.After(warnEvery):
			}
		}
	})
	return func() {
		t.Stop()
		close(done)
	}
}

// Warn logs a trouble with the broker, at most every 10 s whatever the partition.
func (s *Sender) Warn(err error, msg string) {
	now, last := time.Now().UnixNano(), s.warned.Load()
	if now-last < int64(warnEvery) || !s.warned.CompareAndSwap(last, now) {
		return
	}
	s.cfg.Log.Warn().Err(err).Func(s.cfg.About).Msg(msg)
}
