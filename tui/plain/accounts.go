package plain

// switchAccount goes on with another account of this device, which is from now
// on the one in use.
func (s *session) switchAccount() error {
	s.explain = "accounts.help"
	all, err := s.accounts()
	if err != nil {
		return s.fails("menu.accounts", err)
	}
	items := make([]string, len(all))
	for i, k := range all {
		switch {
		case k.Damaged != nil:
			items[i] = s.get("accounts.damaged", k.Folder())
		case k.DeviceID == s.account.device:
			items[i] = s.get("accounts.here", k.Handle(), k.DeviceName)
		default:
			items[i] = s.get("accounts.line", k.Handle(), k.DeviceName)
		}
	}
	if len(all) < 2 {
		s.sayAll(items...)
		s.say("accounts.alone")
		return nil
	}
	n, err := s.choose(s.get("accounts.title"), items)
	if err != nil {
		return err
	}
	if k := all[n]; k.Damaged != nil {
		return s.failsAs(s.get("menu.accounts"), k.Damaged)
	}
	a, err := s.use(all[n].DeviceID)
	if err != nil {
		return s.fails("menu.accounts", err)
	}
	s.become(a)
	return nil
}
