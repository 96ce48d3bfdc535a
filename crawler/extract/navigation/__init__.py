"""Reading a site as a whole: its robots.txt, home page, links and sections."""
