"""`gregaria cloud`: a cluster on AWS by Terraform, in a folder that is the user's own."""
