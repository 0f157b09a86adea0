package main

// version prints the version.
func (c *call) version() error {
	if _, err := c.Parse(nil); err != nil {
		return err
	}
	result := struct {
		Version string `json:"version"`
	}{version}
	return c.answer(result, func() error { return c.say("kofuctl.version", "version", version) })
}

// help prints how the program is used.
func (c *call) help() error { return c.say("kofuctl.help", "version", version) }
