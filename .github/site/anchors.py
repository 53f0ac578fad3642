"""The anchors of headings, as JupyterLab makes them, so that links from chapter to chapter work on the site too."""


def jupyter(title):
    """JupyterLab's anchor of a heading, "Why-it-creeps,-and-what-to-do", with % as it is written in an address."""
    return title.replace(" ", "-").replace("%", "%25")
